"""Decide which columns are left out, and tell text that only looks like numbers or dates."""
