"""Run in a process of its own on another database: makes a bank, a client with a grant for the
sandbox, and a key of each kind, each with a client of its own; prints what their owners hold."""

from __future__ import annotations

import json
import os
import sys

import django


def main(slug: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from openapi_gateway.credentials.models import Key
    from tenants.models import Bank
    from tenants.services import provision_bank
    from tests.openapi_gateway.making import a_ready_partner

    provision_bank(slug=slug, name=slug)
    Bank.objects.update(status="active")
    bank = Bank.objects.get(slug=slug)
    made = {}
    for kind in ("secret", "p256", "ed25519"):
        partner = a_ready_partner(bank)
        made[kind] = {
            "app_id": partner.app_id,
            "key_id": partner.key_id,
            "secret": partner.secret if kind == "secret" else _upload(Key, partner.key_id, kind),
        }
    sys.stdout.write(json.dumps(made))


def _upload(keys: type, key_id: str, kind: str) -> str:
    """Puts a public key in the place of the secret; returns the private one in PEM."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    from openapi_gateway.choices import Algorithm

    private = (
        ec.generate_private_key(ec.SECP256R1())
        if kind == "p256"
        else ed25519.Ed25519PrivateKey.generate()
    )
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    algorithm = Algorithm.P256 if kind == "p256" else Algorithm.ED25519
    keys.objects.filter(key_id=key_id).update(  # type: ignore[attr-defined]
        algorithm=algorithm, secret=None, public_key=public.decode()
    )
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


if __name__ == "__main__":
    main(sys.argv[1])
