"""The `bakeoff` command; imports report and the rooms below it."""
