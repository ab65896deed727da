"""The pages of `bakeoff ui`."""
