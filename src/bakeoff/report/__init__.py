"""Tables, charts and HTML pages about versions and predictions; imports prediction and the rooms below it."""
