"""A PostgreSQL of the tests' own: an empty cluster on 127.0.0.1 that is gone afterwards."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path


def programs():
    """The folder of initdb and pg_ctl: on the path, or where Debian keeps them."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    assert installed, "PostgreSQL is not installed: `make test-stack` does that"
    return installed[-1]


def control(folder, program, *arguments):
    """Run a program of PostgreSQL's on the folder's cluster; it refuses to run as root."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    command = [*user, str(programs() / program), "-D", str(folder / "data"), *arguments]
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=120)


@contextlib.contextmanager
def postgres(template=None, keep=None):
    """Yields the URL that Prefect's server takes, and the file that the database logs to, beside its folder `data`.

    A cluster begins as a copy of the folder `template`, if one is given; `keep` is the folder to copy it to at the end.
    """
    folder = Path(tempfile.mkdtemp(prefix="bakeoff-postgres-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    try:
        if template:
            subprocess.run(["cp", "-a", f"{template}/.", str(folder)], check=True)
        else:
            (folder / "password").write_text(secrets.token_hex())
            if os.geteuid() == 0:
                for path in (folder, folder / "password"):
                    shutil.chown(path, "postgres")
            asked = ["--username=bakeoff", "--auth=scram-sha-256", "--encoding=UTF8"]
            control(folder, "initdb", *asked, f"--pwfile={folder / 'password'}")
        password = (folder / "password").read_text()
        options = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories={folder}"
        control(folder, "pg_ctl", "-w", "-o", options, "-l", str(folder / "log"), "start")
        try:
            yield f"postgresql+asyncpg://bakeoff:{password}@127.0.0.1:{port}/postgres", folder / "log"
        finally:
            control(folder, "pg_ctl", "-w", "-m", "fast" if keep else "immediate", "stop")
        if keep:
            subprocess.run(["cp", "-a", str(folder), str(keep)], check=True)
    finally:
        shutil.rmtree(folder)
