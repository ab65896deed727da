"""The configs of signing and of verifying signatures."""

from typing import Annotated

from pydantic import ConfigDict, Field

from bakeoff.config.base import LocalPath, Part

PublicKey = Annotated[
    LocalPath | None,
    Field(
        description="A PEM file of the public key, or several, that the store must be signed by; what is unsigned or "
        "signed by another is refused. Empty: the environment's BAKEOFF_SIGNING_PUBLIC_KEY, or none is asked for.",
    ),
]


class VerifyingConfig(Part):
    """Whose signatures the store must have."""

    model_config = ConfigDict(title="Signing")

    public_key: PublicKey = None


class SigningConfig(Part):
    """What exports and the journal are signed with."""

    model_config = ConfigDict(title="Signing")

    private_key: LocalPath | None = Field(
        default=None,
        description="A PEM file of the Ed25519 key that signs (bakeoff keys generate DIR makes one). "
        "Empty: the environment's BAKEOFF_SIGNING_PRIVATE_KEY, or nothing is signed.",
    )
    public_key: PublicKey = None
