"""An S3 server, SeaweedFS, on 127.0.0.1; gone afterwards."""

import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import s3fs

SECONDS = 180
ABOVE = 10_000  # from a port of the server to its second one
NAMES = {"key": "AWS_ACCESS_KEY_ID", "secret": "AWS_SECRET_ACCESS_KEY", "endpoint_url": "AWS_ENDPOINT_URL"}


@contextlib.contextmanager
def s3_server():
    """Yields the environment in which clients find the server; it has the bucket `bakeoff`."""
    program = shutil.which("weed", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert program, "there is no weed: `make test-stack` installs it"
    with tempfile.TemporaryDirectory() as name:
        users = [{"name": "tests", "credentials": [{"accessKey": "tests", "secretKey": "tests"}], "actions": ["Admin"]}]
        (Path(name) / "users.json").write_text(json.dumps({"identities": users}))
        ports = free_ports("master", "volume", "filer", "s3")
        url = f"http://127.0.0.1:{ports['s3']}"
        options = [f"-{part}.port={port}" for part, port in ports.items()]
        here = ["-dir=.", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3.config=users.json", "-master.telemetry=false"]
        small = ["-filer", "-s3", "-volume.max=20", "-master.volumeSizeLimitMB=64"]
        small += [f"-s3.port.{other}=0" for other in ("iceberg", "lance")]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        server = subprocess.Popen([program, "server", *here, *small, *options], cwd=name, **quiet)
        try:
            environment = {
                **os.environ,
                "AWS_ENDPOINT_URL": url,
                "AWS_ACCESS_KEY_ID": "tests",
                "AWS_SECRET_ACCESS_KEY": "tests",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "AWS_CONFIG_FILE": os.devnull,
            }
            make_bucket(client(environment), server)
            yield environment
        finally:
            server.kill()
            server.wait()
            for port in ports.values():  # its sockets, whose folder can't be chosen
                for number in (port, port + ABOVE):
                    for path in Path("/tmp").glob(f"seaweedfs-*-{number}.sock"):
                        path.unlink(missing_ok=True)


def client(environment):
    """The file system of a server."""
    options = {name: environment[variable] for name, variable in NAMES.items()}
    return s3fs.S3FileSystem(**options, use_listings_cache=False, skip_instance_cache=True)


def make_bucket(files, server):
    """Make the bucket, and write a first object, as soon as the server does."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            with contextlib.suppress(FileExistsError):
                files.call_s3("create_bucket", Bucket="bakeoff")
            files.pipe_file("bakeoff/first", b"1")
            break
        except Exception:
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.2)


def free_ports(*parts):
    """For each part of the server a port that nobody listens to, nor to the one 10,000 above, which it takes, too."""
    with contextlib.ExitStack() as stack:
        ports = {}
        while len(ports) < len(parts):
            port = random.randrange(20_000, 50_000)
            with contextlib.suppress(OSError):
                for number in (port, port + ABOVE):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", number))
                ports[parts[len(ports)]] = port
    return ports
