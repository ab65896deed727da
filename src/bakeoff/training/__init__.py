"""The steps of the training flow, one file each, and their rules; imports report and the rooms below it."""
