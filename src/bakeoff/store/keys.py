"""Ed25519 keys (RFC 8032): the private key signs the journal, public keys verify it."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakeoff.errors import StoreError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


PRIVATE_VARIABLE = "BAKEOFF_SIGNING_PRIVATE_KEY"
PUBLIC_VARIABLE = "BAKEOFF_SIGNING_PUBLIC_KEY"


@dataclass(frozen=True)
class Keys:
    """The keys that a process signs with and trusts; none by default.

    Attributes:
        private: the key to sign with; None if nothing is signed.
        public: the trusted keys by fingerprint; empty if no signatures are required.
    """

    private: "Ed25519PrivateKey | None" = field(default=None, repr=False)
    public: Mapping[str, "Ed25519PublicKey"] = field(default_factory=dict)

    @property
    def own(self) -> str:
        """The fingerprint of the private key.

        Raises:
            StoreError: there is no private key.
        """
        return fingerprint(self.require_private().public_key())

    def require_private(self, why: str = "signing") -> "Ed25519PrivateKey":
        """Return the private key.

        Args:
            why: what needs it, for the message.

        Raises:
            StoreError: there is no private key.
        """
        if self.private is None:
            raise StoreError(
                f"{why} needs a private key: --private-key FILE (a flow: signing.private_key) or {PRIVATE_VARIABLE}"
            )
        return self.private

    def sign(self, message: bytes) -> str:
        """Return the message's signature in base64.

        Raises:
            StoreError: there is no private key.
        """
        return base64.b64encode(self.require_private().sign(message)).decode()

    def signed(self, message: bytes, key: str, signature: str) -> bool:
        """Return whether a trusted key has signed the message.

        Args:
            message: the signed bytes.
            key: the key's fingerprint.
            signature: in base64.
        """
        from cryptography.exceptions import InvalidSignature

        try:
            self.public[key].verify(base64.b64decode(signature, validate=True), message)
        except (KeyError, ValueError, InvalidSignature):
            return False
        return True


NO_KEYS = Keys()


def fingerprint(key: "Ed25519PublicKey") -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the key's 32 bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]
