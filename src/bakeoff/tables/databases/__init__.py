"""Rows of a query, in a database that SQLAlchemy knows; imports `formats`."""
