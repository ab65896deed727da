"""Where predictions are written: a folder, an object store, a table of a database."""
