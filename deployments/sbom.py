"""List what is in an image as a software bill of materials: CycloneDX 1.6, as JSON on standard output.

python -m deployments.sbom IMAGE      # `make sbom` builds the image first
"""

import json
import subprocess
import sys
from collections.abc import Iterator

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

# Run by the image's Python: its own version, and name, version and requirements of each package.
PACKAGES = """
import json, platform, re
from importlib.metadata import distributions
def plain(name):
    return re.sub("[-_.]+", "-", name).lower()
found = {
    plain(each.name): (each.version, [plain(re.match("[\\\\w.-]+", text)[0]) for text in each.requires or ()])
    for each in distributions()
}
print(json.dumps({"python": platform.python_version(), "packages": found}))
"""
DEBIAN = ("dpkg-query", "--show", "--showformat", "${Package} ${Version} ${Architecture}\\n")


def main(image: str) -> str:
    """Return the bill of materials of an image that the Docker engine has.

    Raises:
        CalledProcessError: there is no such image, or no engine.
    """
    python = json.loads(_run(image, "python", "-c", PACKAGES))
    digest = _docker("image", "inspect", "--format", "{{.Id}}", image).strip().removeprefix("sha256:")
    packages = {name: _component("pypi", name, version) for name, (version, _) in python["packages"].items()}
    bom = Bom()
    bom.metadata.component = root = Component(
        name="bakeoff",
        version=python["packages"]["bakeoff"][0],
        type=ComponentType.CONTAINER,
        bom_ref=f"image:{digest}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
    )
    others = [_component("generic", "python", python["python"]), *_debian(image)]
    bom.components.update(packages.values(), others)
    bom.register_dependency(root, [*packages.values(), *others])
    for name, (_, needed) in python["packages"].items():
        bom.register_dependency(packages[name], [packages[each] for each in needed if each in packages])
    return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=1)


def _debian(image: str) -> Iterator[Component]:
    for line in _run(image, *DEBIAN).splitlines():
        name, version, architecture = line.split()
        yield _component("deb", name, version, "debian", {"arch": architecture})


def _component(
    kind: str, name: str, version: str, namespace: str | None = None, qualifiers: dict[str, str] | None = None
) -> Component:
    url = PackageURL(kind, namespace, name, version, qualifiers)
    return Component(name=name, version=version, type=ComponentType.LIBRARY, purl=url, bom_ref=str(url))


def _run(image: str, program: str, *arguments: str) -> str:
    return _docker("run", "--rm", "--network", "none", "--entrypoint", program, image, *arguments)


def _docker(*arguments: str) -> str:
    command = ["docker", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    try:
        print(main(*sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        raise SystemExit(error.returncode) from error
