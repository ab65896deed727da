"""The steps of both flows as Prefect tasks, one file each: how it runs and what it shows; `bakeoff` does the work."""

PRELOAD = "bakeoff.training.preflight:preload"  # imports what steps need into the fork server
