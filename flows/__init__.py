"""Wiring: what runs after what, and what at once."""
