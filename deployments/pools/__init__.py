"""Work pools that run each run in a container or a Job: one file for each type, and `pool`, which reads it."""
