"""Policy: one file a step, which says how it runs and what it shows; the work itself is in `bakeoff`."""
