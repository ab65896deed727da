"""Files, locks, threads, processes and the cache of steps; imports only the vocabulary."""
