"""What a grant's exit finds of callbacks: told to the room below, which asks before a step is
ticked."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from openapi_gateway.access import exits
from openapi_gateway.access.grants import NOT_ENDING, OPEN
from openapi_gateway.access.models import Grant
from openapi_gateway.webhooks.choices import EndpointState
from openapi_gateway.webhooks.models import Endpoint


def still_called_back(grant: Grant, at: datetime) -> str:
    """Addresses that another open grant of the client allows may stay."""
    others = Grant.objects.filter(NOT_ENDING, client_id=grant.client_id, state__in=OPEN)
    kept = {
        url for other in others.exclude(pk=grant.pk)
        for urls in other.callback_urls.values() for url in urls
    }  # fmt: skip
    active = Endpoint.objects.filter(client_id=grant.client_id, state=EndpointState.ACTIVE)
    left = [url for url in active.values_list("url", flat=True) if url not in kept]
    if not left:
        return ""
    return _("Disable these callback addresses first: %(urls)s.") % {"urls": ", ".join(left[:5])}


def register() -> None:
    exits.register_remains(exits.CALLBACKS, still_called_back)
