"""The former path of `--preload tasks.runs.dask_worker`; to be removed with the next release."""

from tasks.runs.dask_worker import dask_setup

__all__ = ["dask_setup"]
