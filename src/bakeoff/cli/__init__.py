"""The `bakeoff` command; imports report and what is below it."""
