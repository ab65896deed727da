"""What the winner makes of the columns and of more rows: figures, and the sections of a report."""
