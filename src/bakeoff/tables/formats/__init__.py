"""The formats of files that tables are read from; imports from tables its types and its reading of cells alone."""
