"""Training and prediction without Prefect, by command and from Python; imports all rooms but `cli`'s commands."""
