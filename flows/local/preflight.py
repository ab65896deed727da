"""Check Prefect's home folder and API address: if they are wrong, Prefect gives a traceback or no error at all."""

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
    """Return Prefect's home folder: PREFECT_HOME, or `.prefect` in the user's home.

    Raises:
        ConfigError: the user has no home folder.
    """
    try:
        return Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()
    except RuntimeError as error:
        raise ConfigError("there is no home folder to keep Prefect's files in; set PREFECT_HOME to a folder") from error


def check_home() -> None:
    """Check that Prefect's home folder can be written, before Prefect is imported.

    Raises:
        ConfigError: it can't; the message gives the reason.
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
    """Check that an address can be that of a Prefect server's API, and return it.

    Raises:
        ConfigError: it can't; the message suggests the address that was probably meant.
    """
    if _is_api_url(url):
        return url
    hint = ""
    if match := re.fullmatch(r"""[\s"']*(?:(https?):/*)?([^\s/:@"']+)(:[0-9]+)?(/.*)?""", url, re.IGNORECASE):
        scheme, host, port, _ = match.groups()
        suggestion = f"{scheme or 'http'}://{host}{port or ''}/api"
        hint = f"; did you mean {suggestion}?" if _is_api_url(suggestion) else ""
    raise ConfigError(f"PREFECT_API_URL is {url!r}: it must be like {EXAMPLE}{hint}")


def _is_api_url(url: str) -> bool:
    try:
        address = urlsplit(url)
        valid = address.scheme in {"http", "https"} and bool(address.hostname) and address.port != 0
    except ValueError:  # an invalid port
        return False
    return valid and not re.search(r"[\s?#\"']", url) and "api" in address.path.split("/")


def configured_api_url() -> str:
    """Return the API address of the server: the environment's PREFECT_API_URL, or that of Prefect's settings.

    Raises:
        ConfigError: there is none, or it is invalid.
    """
    url = os.environ.get("PREFECT_API_URL")
    if url is None:
        from prefect.settings import PREFECT_API_URL

        url = PREFECT_API_URL.value()
    if not url:
        raise ConfigError(f"set PREFECT_API_URL to the server's address, as in {EXAMPLE}")
    return check_api_url(url)


def require_home(name: str) -> None:
    """Exit with one line if Prefect's home folder can't be used.

    Args:
        name: the command's name, which the line begins with.

    Raises:
        SystemExit: it can't.
    """
    try:
        check_home()
    except UserError as error:
        print(f"{name}: {error}", file=sys.stderr)
        raise SystemExit(error.exit_status) from error
