from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from openapi_gateway.outbox.models import Announcement
from tenants.tasks_api import enqueue_on_commit

if TYPE_CHECKING:
    from tenants.models import Bank

# What partners may subscribe to; the words are the consoles'.
KINDS: Mapping[str, str | Promise] = {
    "application.decided": _("an application was decided"),
    "key.expiring": _("a key expires soon"),
    "liveness.finished": _("a liveness session has finished"),
    "identity.stepped_up": _("a step-up was settled"),
    "grant.changed": _("a grant was changed"),
}
DELIVER = "openapi_gateway.webhooks.tasks.deliver_waiting"


def announce(
    kind: str,
    *,
    bank: Bank,
    app_id: str,
    environment: str,
    data: Mapping[str, Any],
    callback_url: str = "",
    at: datetime | None = None,
) -> Announcement:
    """In the caller's transaction: told if, and only if, that is committed."""
    if kind not in KINDS:
        raise LookupError(f"No kind of announcement is called {kind!r}.")
    row = Announcement.objects.create(
        kind=kind, bank=bank, app_id=app_id, environment=environment, data=dict(data),
        callback_url=callback_url, created_at=at or timezone.now(),
    )  # fmt: skip
    enqueue_on_commit(DELIVER)
    return row
