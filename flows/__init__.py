"""The flows: the order of the steps, and which of them run at the same time."""
