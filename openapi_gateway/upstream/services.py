"""The platform's verbs on vendors."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from openapi_gateway.choices import Environment
from openapi_gateway.upstream import breaker as live
from openapi_gateway.upstream import events
from openapi_gateway.upstream.choices import Force, OurCode
from openapi_gateway.upstream.errors import BadVendor
from openapi_gateway.upstream.models import Breaker, Vendor, VendorCode, VendorSecret
from openapi_gateway.upstream.vendor_secrets import seal_secret
from operators.entries import save_entry
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

SECRET_LENGTH = 32


@transaction.atomic
def save_vendor(*, actor: Operator, vendor: Vendor) -> Vendor:
    if vendor.base_url:
        _refuse_bad_address(vendor.base_url)
    saved = save_entry(actor=actor, entry=vendor, event=events.VENDOR_SAVED)
    for environment in Environment.values:
        Breaker.objects.get_or_create(vendor=saved, environment=environment)
    return saved


def _refuse_bad_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or parts.username or parts.query or parts.fragment:
        raise BadVendor(
            _("The address must look like https://host:port/path, without name, password or query.")
        )
    if parts.scheme != "https" and not (settings.LOCAL and parts.scheme == "http"):
        raise BadVendor(_("Faces and PIN blocks travel there: the address begins with https://."))


@transaction.atomic
def set_secret(
    *, actor: Operator, vendor: Vendor, secret: str, at: datetime | None = None
) -> VendorSecret:
    """Takes the place of the one before, at once."""
    require(actor, "gateway_upstream.change_vendor")
    if len(secret) < SECRET_LENGTH or not secret.isascii():
        raise BadVendor(
            _("A secret has at least %(length)s letters, digits and signs.")
            % {"length": SECRET_LENGTH}
        )
    if not vendor.base_url:
        raise BadVendor(_("The secret of this vendor is a setting of the installation."))
    row, _made = VendorSecret.objects.update_or_create(
        vendor=vendor,
        defaults={"cell": seal_secret(secret, vendor.code), "set_at": at or timezone.now()},
    )
    record(events.SECRET_SET, actor=actor, target=vendor)
    return row


def save_code(*, actor: Operator, code: VendorCode) -> VendorCode:
    if code.code in OurCode.values and OurCode(code.code).kind != code.vendor.kind:
        raise BadVendor(_("This code of ours belongs to another kind of vendor."))
    return save_entry(actor=actor, entry=code, event=events.CODE_SAVED)


@transaction.atomic
def force_breaker(
    *, actor: Operator, breaker: Breaker, force: Force, reason: str, at: datetime | None = None
) -> Breaker:
    """Open: no call reaches the vendor. Closed: every call does, however it fares."""
    require(actor, "gateway_upstream.force_breaker")
    if not reason.strip():
        raise BadVendor(_("Please give the reason."))
    row = Breaker.objects.select_for_update().get(pk=breaker.pk)
    before = row.forced
    row.forced, row.reason = force.value, reason.strip()
    row.forced_at, row.forced_by = at or timezone.now(), str(actor)[:150]
    row.save()
    record(
        events.BREAKER_FORCED, actor=actor, target=row, reason=reason,
        before={"forced": before}, after={"forced": row.forced},
    )  # fmt: skip
    return row


@transaction.atomic
def release_breaker(*, actor: Operator, breaker: Breaker, reason: str) -> Breaker:
    """It goes by its own measurements again, and begins closed."""
    require(actor, "gateway_upstream.force_breaker")
    row = Breaker.objects.select_for_update().select_related("vendor").get(pk=breaker.pk)
    if not row.forced:
        raise BadVendor(_("Nobody has forced this breaker."))
    before = row.forced
    row.forced = row.reason = row.forced_by = ""
    row.forced_at = None
    row.save()
    record(
        events.BREAKER_RELEASED, actor=actor, target=row, reason=reason,
        before={"forced": before}, after={"forced": ""},
    )  # fmt: skip
    transaction.on_commit(lambda: live.forget(row.vendor.code, row.environment))
    return row
