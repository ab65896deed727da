"""What Prefect would answer with a traceback, or not at all: a home that can't be written, an address that is none."""

import os
import re
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from bakeoff.errors import ConfigError, UserError
from bakeoff.runtime.files import require_writable

EXAMPLE = "http://127.0.0.1:4200/api"


def prefect_home() -> Path:
    """The folder that Prefect keeps its things in: PREFECT_HOME, else `.prefect` in the user's own.

    Raises:
        ConfigError: nobody knows where that is.
    """
    try:
        return Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()
    except RuntimeError as error:
        raise ConfigError("there is no home folder to keep Prefect's files in; set PREFECT_HOME to a folder") from error


def check_home() -> None:
    """Refuse a home that Prefect could not write to, before it is imported.

    Raises:
        ConfigError: naming PREFECT_HOME, and what stands in the way.
    """
    home = prefect_home()
    require_writable(home, "PREFECT_HOME", ConfigError)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"PREFECT_HOME {str(home)!r} can't be written: {reason}; choose another place") from error


def check_api_url(url: str) -> str:
    """Refuse what can't be the address of a Prefect server's API; returns it.

    Raises:
        ConfigError: with the address that was probably meant.
    """
    if _is_api_url(url):
        return url
    meant = ""
    if found := re.fullmatch(r"""[\s"']*(?:(https?):/*)?([^\s/:@"']+)(:[0-9]+)?(/.*)?""", url, re.IGNORECASE):
        scheme, host, port, _ = found.groups()
        guess = f"{scheme or 'http'}://{host}{port or ''}/api"
        meant = f"; did you mean {guess}?" if _is_api_url(guess) else ""
    raise ConfigError(f"PREFECT_API_URL is {url!r}: it must be like {EXAMPLE}{meant}")


def _is_api_url(url: str) -> bool:
    try:
        address = urlsplit(url)
        fine = address.scheme in {"http", "https"} and bool(address.hostname) and address.port != 0
    except ValueError:  # a port that is none
        return False
    return fine and not re.search(r"[\s?#\"']", url) and "api" in address.path.split("/")


def configured_api_url() -> str:
    """The address of the server to register or work at: the environment's, else that of Prefect's profile.

    Raises:
        ConfigError: there is none, or it is none.
    """
    url = os.environ.get("PREFECT_API_URL")
    if url is None:
        from prefect.settings import PREFECT_API_URL

        url = PREFECT_API_URL.value()
    if not url:
        raise ConfigError(f"set PREFECT_API_URL to the server's address, as in {EXAMPLE}")
    return check_api_url(url)


def require_home(name: str) -> None:
    """End the process in one line where Prefect's home can't be used.

    Args:
        name: of the command.
    """
    try:
        check_home()
    except UserError as error:
        print(f"{name}: {error}", file=sys.stderr)
        raise SystemExit(error.exit_status) from error
