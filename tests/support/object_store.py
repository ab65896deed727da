"""A stand-in for an S3 server, moto, on 127.0.0.1; gone afterwards."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request

PROGRAM = "import sys; from moto.server import main; main(['-H', '127.0.0.1', '-p', sys.argv[1]])"
SECONDS = 180
SECRET = "kept-in-no-file-2f81"  # that a test can look for


@contextlib.contextmanager
def object_store():
    """Yields the environment in which clients find the server; it has the bucket `bakeoff`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen([sys.executable, "-c", PROGRAM, port], **quiet)
    try:
        url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + SECONDS
        signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=tests/20260101/us-east-1/s3/aws4_request"}
        bucket = urllib.request.Request(f"{url}/bakeoff", method="PUT", headers=signed)
        while True:
            try:
                urllib.request.urlopen(bucket, timeout=30).close()
                break
            except OSError:
                assert server.poll() is None, "the server ended: `make test-stack` installs it"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.2)
        yield {
            **os.environ,
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_CONFIG_FILE": os.devnull,
        }
    finally:
        server.kill()
        server.wait()
