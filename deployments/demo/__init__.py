"""`make demo`: a stream of synthetic days, with drift, through the whole loop on a Prefect server of its own."""
