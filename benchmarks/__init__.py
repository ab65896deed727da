"""Each module prints one table, and its figures as one JSON object on its last line."""
