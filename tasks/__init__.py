"""Policy: one file a step, which says how it runs and what it shows; the work itself is in `bakeoff`."""

PRELOAD = (
    "bakeoff.training.preflight:preload"  # imports what steps need, once, in the process that they are forked from
)
