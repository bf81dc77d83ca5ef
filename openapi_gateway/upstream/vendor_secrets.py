"""Secrets shared with vendors, at rest under the platform's key, each bound to its vendor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from openapi_gateway.upstream.choices import VendorKind
from tenants.encryption import Cipher
from tenants.search_path import on_public

if TYPE_CHECKING:
    from openapi_gateway.upstream.models import Vendor

PURPOSE = "gateway vendor secret"


def seal_secret(secret: str, vendor_code: str) -> bytes:
    with on_public():
        return Cipher(PURPOSE).encrypt(secret.encode(), vendor_code.encode())


def secret_of(vendor: Vendor) -> bytes:
    """Empty: the vendor has none, and nothing can be signed."""
    if not vendor.base_url:
        is_engine = vendor.kind == VendorKind.LIVENESS
        return (settings.LIVENESS_SECRET if is_engine else settings.CORE_SECRET).encode()
    row = getattr(vendor, "secret", None)
    if row is None:
        return b""
    with on_public():
        return Cipher(PURPOSE).decrypt(bytes(row.cell), vendor.code.encode())
