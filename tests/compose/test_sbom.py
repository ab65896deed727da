"""What the bill of materials of the image lists."""

import re
import subprocess
import sys

from compose_stack import IMAGE
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from prefect_stack import ROOT

PINNED = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)


def test_everything_in_the_image_is_listed(compose):
    """In valid CycloneDX: Python, Debian's packages, and of the lock what is for this platform, in its versions."""
    compose("build", "worker")
    command = [sys.executable, "-m", "deployments.sbom", IMAGE]
    listed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(listed) is None
    urls = set(re.findall(r'"purl": "(pkg:[^"]+)"', listed))
    locked = {f"pkg:pypi/{name}@{version}" for name, version in PINNED.findall((ROOT / "requirements.txt").read_text())}
    packages = {url for url in urls if url.startswith("pkg:pypi/")}
    assert {"pkg:pypi/bakeoff"} == {url.partition("@")[0] for url in packages - locked}
    assert {"numpy", "scikit-learn", "prefect"} <= {url.split("/")[1].split("@")[0] for url in packages & locked}
    assert any(url.startswith("pkg:generic/python@3.") for url in urls)
    assert {"pkg:deb/debian/libc6", "pkg:deb/debian/openssl"} & {url.partition("@")[0] for url in urls}
