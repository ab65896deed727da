"""The configs of signing and of verifying signatures."""

from typing import Annotated

from pydantic import ConfigDict, Field

from bakeoff.config.base import LocalPath, Part

PublicKey = Annotated[
    LocalPath | None,
    Field(
        description="PEM file of public keys; what is signed by none is refused. Empty: BAKEOFF_SIGNING_PUBLIC_KEY, "
        "or no check.",
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
        description="PEM file of the Ed25519 key that signs (bakeoff keys generate DIR). Empty: "
        "BAKEOFF_SIGNING_PRIVATE_KEY, or no signature.",
    )
    public_key: PublicKey = None
