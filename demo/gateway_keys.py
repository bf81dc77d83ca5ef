"""Some of the demo's clients have gone on to production: a passed suite, keys that nobody holds.

Private halves are thrown away where they are made, and the secret is printed nowhere: nothing can
be called with them, the consoles just show what it looks like.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django_tenants.utils import tenant_context

from openapi_gateway.access import grants
from openapi_gateway.choices import Environment
from openapi_gateway.credentials.possession import message_of
from openapi_gateway.credentials.services import make_secret, prove_possession, upload_key
from tenants.platform import PLATFORM

if TYPE_CHECKING:
    from openapi_gateway.access.models import Application
    from operators.models import Operator

DAY = timedelta(days=1)
SECRET_DAYS, PAIR_DAYS = 180, 365


def go_to_production(
    application: Application, *, maker: Operator, technical: Operator, at: datetime
) -> None:
    client, grant = application.client, application.grant
    with tenant_context(application.bank):
        make_secret(
            actor=maker, client=client, environment=Environment.SANDBOX, days=SECRET_DAYS,
            at=at,
        )  # fmt: skip
        grants.pass_conformance(grant_id=grant.pk, at=at + 2 * DAY)
        grants.request_production(
            actor=maker, grant=grant.pk, note="一致性测试已通过（演示）", at=at + 3 * DAY
        )
    with tenant_context(PLATFORM):
        grants.open_production(actor=technical, grant=grant.pk, note="同意", at=at + 4 * DAY)
    with tenant_context(application.bank):
        _prove_a_pair(application, maker, at + 5 * DAY)


def _prove_a_pair(application: Application, maker: Operator, at: datetime) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = upload_key(
        actor=maker, client=application.client, environment=Environment.PRODUCTION,
        pem=pem.decode(), days=PAIR_DAYS, at=at,
    )  # fmt: skip
    proof = private.sign(message_of(key).encode(), ec.ECDSA(hashes.SHA256()))
    prove_possession(actor=maker, key=key, signature=proof, at=at)
