"""How far rows have moved from a version's training rows; imports tables, runtime, evaluation and below."""
