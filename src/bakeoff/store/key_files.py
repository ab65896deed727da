"""Find, read and generate keys in PEM files."""

import importlib.util
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from bakeoff.errors import ConfigError, StoreError
from bakeoff.runtime.files import describe_read_error
from bakeoff.runtime.paths import local_path
from bakeoff.store.keys import (
    PRIVATE_VARIABLE,
    PUBLIC_VARIABLE,
    Keys,
    fingerprint,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


PEM_BLOCK = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)
MAKE = "bakeoff keys generate DIR makes a pair"
ASK = "whoever trains the model has it"


def find_public_keys(public_key: Path | None) -> Keys:
    """Find the public keys that a config or the environment names, for processes that only read.

    The environment is for workers: a run's config can name keys if the environment names none, but can't name others.

    Args:
        public_key: a PEM file with one or more keys, all of which are trusted, as while one key replaces another.

    Raises:
        ConfigError: the file is missing or holds no such key, or config and environment differ.
    """
    path = _one_path("public", public_key, PUBLIC_VARIABLE)
    return Keys(None, read_public_keys(path) if path else {})


def find_keys(private_key: Path | None, public_key: Path | None) -> Keys:
    """Find the keys that a config or the environment names, for processes that write.

    Args:
        private_key: a PEM file (PKCS #8, without a password).
        public_key: as for `find_public_keys`; without it, the private key's own public key is trusted.

    Raises:
        ConfigError: as for `find_public_keys`, or the private key belongs to none of the public keys.
    """
    public = find_public_keys(public_key).public
    path = _one_path("private", private_key, PRIVATE_VARIABLE)
    if path is None:
        return Keys(None, public)
    private = read_private_key(path)
    own = fingerprint(private.public_key())
    if public and own not in public:
        raise ConfigError(
            f"the private key {str(path)!r} ({own}) belongs to none of the public keys ({', '.join(public)}); "
            "give a file that holds its public key too, or no public key"
        )
    return Keys(private, public or {own: private.public_key()})


def generate_keys(folder: Path) -> tuple[Path, Path, str]:
    """Generate and write a pair of keys; only the owner can read the private one.

    Returns:
        The private key's file, the public key's, and their fingerprint.

    Raises:
        StoreError: the folder contains such a file already (keys are never overwritten), or can't be made.
        ConfigError: the package cryptography is not installed.
    """
    _require_cryptography()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = Ed25519PrivateKey.generate()
    contents = {
        "private.pem": (0o600, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())),
        "public.pem": (0o644, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)),
    }
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in contents:
            if (folder / name).exists():
                raise StoreError(
                    f"{str(folder / name)!r} is there already: keys are never overwritten; choose another folder"
                )
        for name, (mode, content) in contents.items():
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            written.append(folder / name)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
    except OSError as error:
        for path in written:
            path.unlink()
        raise StoreError(
            f"no keys can be written to {str(folder)!r}: {error.strerror}; choose another folder"
        ) from error
    return folder / "private.pem", folder / "public.pem", fingerprint(key.public_key())


def read_private_key(path: Path) -> "Ed25519PrivateKey":
    """Read the private key in a PEM file.

    Raises:
        ConfigError: the file can't be read or doesn't contain an Ed25519 private key.
    """
    _require_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    content = _read(path, "private", MAKE)
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: it has a password
        reason = "it holds none"
        if isinstance(error, TypeError):
            reason = "it has a password, and none may be set"
        elif PEM_BLOCK.search(content):
            reason = "it is a public key; private.pem is the other one of the pair"
        raise ConfigError(f"{str(path)!r} can't be used as private key: {reason}; {MAKE}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{str(path)!r} can't be used as private key: it is not of the kind Ed25519; {MAKE}")
    return key


def read_public_keys(path: Path) -> dict[str, "Ed25519PublicKey"]:
    """Read the public keys in a PEM file, by fingerprint.

    Raises:
        ConfigError: the file can't be read, contains no key, or one of another kind.
    """
    _require_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    content, keys, reason = _read(path, "public", ASK), {}, "it holds none"
    for block in PEM_BLOCK.findall(content):
        try:
            key = load_pem_public_key(block)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise ConfigError(f"{str(path)!r} can't be used as public key: it is broken; {ASK}") from error
        if not isinstance(key, Ed25519PublicKey):
            raise ConfigError(f"{str(path)!r} can't be used as public key: it is not of the kind Ed25519; {ASK}")
        keys[fingerprint(key)] = key
    if not keys:
        if b"PRIVATE KEY" in content:
            reason = "it is a private key; public.pem is the other one of the pair"
        raise ConfigError(f"{str(path)!r} can't be used as public key: {reason}; {ASK}")
    return keys


def _require_cryptography() -> None:
    """Raise a `ConfigError` if the package that signs and verifies is not installed."""
    if importlib.util.find_spec("cryptography") is None:
        raise ConfigError("keys need the package cryptography, which is not installed: pip install 'bakeoff[signing]'")


def _one_path(kind: str, configured: Path | None, variable: str) -> Path | None:
    """Return the path of a key that config or environment name; None if neither does.

    Raises:
        ConfigError: they differ, or the environment's can't be a path.
    """
    from_environment = os.environ.get(variable) or None  # set and empty means unset
    try:
        from_environment = from_environment and local_path(from_environment, anywhere=True)
    except ValueError as error:
        raise ConfigError(f"the {kind} key (by {variable}): {error}") from error
    if configured and from_environment and configured.resolve() != Path(from_environment).resolve():
        raise ConfigError(
            f"the {kind} key is {str(configured)!r} here, and {from_environment!r} by the environment's {variable}; "
            "leave one of them out"
        )
    return configured or (Path(from_environment) if from_environment else None)


def _read(path: Path, kind: str, advice: str) -> bytes:
    """Read a key file.

    Raises:
        ConfigError: it can't be read; the message ends with the advice.
    """
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        variable = PRIVATE_VARIABLE if kind == "private" else PUBLIC_VARIABLE
        source = f" (by {variable})" if os.environ.get(variable) == str(path) else ""
        if isinstance(error, PermissionError):
            raise ConfigError(f"the {kind} key{source}: {describe_read_error(error, path)}") from error
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"the {kind} key {str(path)!r}{source} can't be read: {reason}; {advice}") from error
