from __future__ import annotations

from audit.errors import DomainError


class CredentialRefused(DomainError):
    """Clients and keys stay as they are; the sentence says what to do."""

    code = "credential_refused"


class BadClient(CredentialRefused):
    code = "bad_client"
    http_status = 400


class BadKey(CredentialRefused):
    """What was uploaded is no public key that may be used here."""

    code = "bad_key"
    http_status = 400


class PrivateKeyUploaded(BadKey):
    """Nothing of it was kept."""

    code = "private_key_uploaded"


class NotProven(CredentialRefused):
    code = "not_proven"


class BadAddresses(CredentialRefused):
    code = "bad_addresses"
    http_status = 400


class KeyConflict(CredentialRefused):
    """Another key, or this one's state, stands in the way."""

    code = "key_conflict"


class RotationRefused(CredentialRefused):
    code = "rotation_refused"
