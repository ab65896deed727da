"""Show the loop: days are scored, drift is seen, a new version trained and promoted; ends with one picture.

python -m deployments.demo [--days 14 …]      # `make demo`
"""

import os
import secrets
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bakeoff.config.flags import read_config
from bakeoff.errors import BakeoffError
from deployments.demo.config import DemoConfig
from flows.local.auth_string import CLIENT_VARIABLE, SERVER_VARIABLE

PICTURE = "accuracy.svg"
QUIET = {
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_UI_ENABLED": "false",
}


def main() -> int:
    """Run the demonstration; returns the exit status."""
    begin = time.monotonic()
    try:
        config = read_config(DemoConfig, sys.argv[1:], "python -m deployments.demo")
        folder = config.folder.resolve() / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        folder.mkdir(parents=True)
        path = show(config, folder)
    except BakeoffError as error:
        print(f"demo: {error}", file=sys.stderr)
        return error.exit_status
    except OSError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: interrupted", file=sys.stderr)
        return 130
    print(f"The picture, after {time.monotonic() - begin:.0f} s: {path}")
    return 0


def choose_address(folder: Path) -> str:
    """Choose a free port, and point this process and its children to a server there; returns its address.

    To be called before Prefect is imported, which reads the environment once.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/api"
    auth = f"demo:{secrets.token_urlsafe(24)}"
    home = {"PREFECT_HOME": str(folder / "prefect"), "PREFECT_API_URL": url}
    os.environ.update({**home, CLIENT_VARIABLE: auth, SERVER_VARIABLE: auth, **QUIET})
    return url


def show(config: DemoConfig, folder: Path) -> Path:
    """Run the demonstration, and draw it; returns the picture's path."""
    url = choose_address(folder)
    from deployments.demo.days import run_days  # it imports Prefect, which reads its environment once
    from deployments.demo.picture import draw_days

    days = run_days(config, folder, url)
    path = folder / PICTURE
    path.write_text(draw_days(days, config.drift_day).to_standalone_svg(), encoding="utf-8")
    return path


if __name__ == "__main__":
    raise SystemExit(main())
