"""Ed25519 keys (RFC 8032): the private one says what the store holds, the public one tells whether it did."""

import base64
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bakeoff.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PRIVATE_VARIABLE = "BAKEOFF_SIGNING_PRIVATE_KEY"
PUBLIC_VARIABLE = "BAKEOFF_SIGNING_PUBLIC_KEY"
PEM_BLOCK = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)


@dataclass(frozen=True)
class Keys:
    """What a process signs with, and whose signatures it takes; neither by default.

    Attributes:
        private: signs; None where nothing is signed.
        public: the keys that are trusted, by fingerprint; empty where signatures are not asked for.
    """

    private: "Ed25519PrivateKey | None" = field(default=None, repr=False)
    public: Mapping[str, "Ed25519PublicKey"] = field(default_factory=dict)

    @property
    def own(self) -> str:
        """The fingerprint of the key that signs.

        Raises:
            StoreError: there is none.
        """
        return fingerprint(self.require_private().public_key())

    def sign(self, message: bytes) -> str:
        """The message's signature in base64.

        Raises:
            StoreError: there is no private key.
        """
        return base64.b64encode(self.require_private().sign(message)).decode()

    def signed(self, message: bytes, key: str, signature: str) -> bool:
        """Whether a trusted key of this fingerprint has signed the message."""
        from cryptography.exceptions import InvalidSignature

        try:
            self.public[key].verify(base64.b64decode(signature, validate=True), message)
        except (KeyError, ValueError, InvalidSignature):
            return False
        return True

    def require_private(self) -> "Ed25519PrivateKey":
        """The private key.

        Raises:
            StoreError: there is none.
        """
        if self.private is None:
            raise StoreError(
                "this takes the private key that the model's journal is signed with: "
                f"name it by signing.private_key, --private-key or {PRIVATE_VARIABLE}"
            )
        return self.private


def find_keys(private_key: Path | None, public_key: Path | None) -> Keys:
    """The keys that a config or the environment names.

    The environment is for workers: a run's config can add to it, and can't contradict it.

    Args:
        private_key: a PEM file (PKCS #8, without a password).
        public_key: a PEM file of one public key or several, any of which is trusted: two while one replaces the
            other. With a private key alone, its own public key is the trusted one.

    Raises:
        ConfigError: a file is missing or holds no such key, the two don't belong together, or config and environment
            differ.
    """
    private_path = _one_path("signing.private_key", private_key, PRIVATE_VARIABLE)
    public_path = _one_path("signing.public_key", public_key, PUBLIC_VARIABLE)
    private = read_private_key(private_path) if private_path else None
    public = read_public_keys(public_path) if public_path else {}
    if private:
        own = fingerprint(private.public_key())
        if public and own not in public:
            raise ConfigError(
                f"the public key {str(public_path)!r} doesn't belong to the private key {str(private_path)!r}; "
                "name a file that holds both public keys, or leave the public one out"
            )
        public = public or {own: private.public_key()}
    return Keys(private, public)


def generate_keys(folder: Path) -> tuple[Path, Path, str]:
    """Write a new pair of keys; the private one can be read by its owner alone.

    Returns:
        the private key's file, the public key's, and their fingerprint.

    Raises:
        StoreError: the folder holds such a file already: keys are never written over.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = Ed25519PrivateKey.generate()
    contents = {
        "private.pem": (0o600, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())),
        "public.pem": (0o644, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)),
    }
    for name in contents:
        if (folder / name).exists():
            raise StoreError(
                f"{str(folder / name)!r} is there already, and keys are never written over; choose another folder"
            )
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    try:
        for name, (mode, content) in contents.items():
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            written.append(folder / name)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
    except OSError:
        for path in written:
            path.unlink()
        raise
    return folder / "private.pem", folder / "public.pem", fingerprint(key.public_key())


def read_private_key(path: Path) -> "Ed25519PrivateKey":
    """The private key in a PEM file.

    Raises:
        ConfigError: it can't be read, or holds something else.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(_read(path, "private"), password=None)
    except (ValueError, TypeError) as error:  # TypeError: it has a password
        reason = "it has a password" if isinstance(error, TypeError) else "it is none"
        raise ConfigError(f"the private key {str(path)!r} can't be used: {reason}; {WAY_OUT}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"the private key {str(path)!r} can't be used: it is not an Ed25519 key; {WAY_OUT}")
    return key


def read_public_keys(path: Path) -> dict[str, "Ed25519PublicKey"]:
    """The public keys in a PEM file, by fingerprint.

    Raises:
        ConfigError: it can't be read, holds none, or one of another kind.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    found = {}
    for block in PEM_BLOCK.findall(_read(path, "public")):
        try:
            key = load_pem_public_key(block)
        except ValueError as error:
            raise ConfigError(f"the public key {str(path)!r} can't be used: it is none; {WAY_OUT}") from error
        if not isinstance(key, Ed25519PublicKey):
            raise ConfigError(f"the public key {str(path)!r} can't be used: it is not an Ed25519 key; {WAY_OUT}")
        found[fingerprint(key)] = key
    if not found:
        raise ConfigError(f"the file {str(path)!r} holds no public key; {WAY_OUT}")
    return found


WAY_OUT = "bakeoff keys generate DIR makes a pair"


def fingerprint(key: "Ed25519PublicKey") -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the key's 32 bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def _one_path(setting: str, configured: Path | None, variable: str) -> Path | None:
    from_environment = os.environ.get(variable) or None  # set and empty means unset
    if configured and from_environment and configured != Path(from_environment):
        raise ConfigError(
            f"{setting} is {str(configured)!r}, but the environment's {variable} is {from_environment!r}; "
            "leave one of them out"
        )
    return configured or (Path(from_environment) if from_environment else None)


def _read(path: Path, kind: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"the {kind} key {str(path)!r} can't be read: {error.strerror}; {WAY_OUT}") from error
