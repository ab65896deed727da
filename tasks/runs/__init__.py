"""What a run needs of Prefect: states, heartbeats, progress, schedules, Dask."""
