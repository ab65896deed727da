"""Tables, pictures and pages about versions and predictions; imports prediction and what is below it."""
