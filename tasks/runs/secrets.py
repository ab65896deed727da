"""Take a database's URL from Prefect's blocks."""

import os

from prefect.blocks.system import Secret


def take_secret(variable: str | None) -> None:
    """Set an environment variable, if it is empty or not set, from a block of type Secret.

    It is set for this process and those that it starts.

    Args:
        variable: its name; None for none. The block of `WAREHOUSE_URL` is called `warehouse-url`. If there is no such
            block the variable stays unset, and reading it is an error that names it.
    """
    if variable is None or os.environ.get(variable):
        return
    try:
        secret = Secret.load(variable.lower().replace("_", "-"))
    except ValueError:  # as Prefect says that there is none
        return
    os.environ[variable] = str(secret.get())  # type: ignore[union-attr]  # in a plain function it is no coroutine
