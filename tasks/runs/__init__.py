"""States, heartbeats, progress, schedules and Dask: what runs need of Prefect."""
