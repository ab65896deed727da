"""How far a table has moved from the training rows, as tables and pictures."""
