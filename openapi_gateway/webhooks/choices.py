from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class EndpointState(TextChoices):
    ACTIVE = "active", pgettext_lazy("callback address", "active")
    # By the bank, or because the partner's server answered 410 Gone.
    DISABLED = "disabled", _("disabled")


class DeliveryState(TextChoices):
    WAITING = "waiting", _("waiting")
    DELIVERED = "delivered", _("delivered")
    # After the last attempt, or because the partner's server is gone.
    FAILED = "failed", _("failed")
    # Its endpoint was disabled, or the grant no longer names the address.
    CANCELLED = "cancelled", _("cancelled")


class Outcome(TextChoices):
    """Of one attempt."""

    # Stands when the process died meanwhile.
    UNKNOWN = "unknown", _("interrupted")
    DELIVERED = "delivered", _("delivered")
    REFUSED = "refused", _("refused by the partner's server")
    REDIRECT = "redirect", _("answered with a redirect")
    GONE = "gone", _("answered that it is gone")
    TIMEOUT = "timeout", _("no answer in time")
    ADDRESS = "address", _("address not allowed")
    NETWORK = "network", _("no connection")
    BAD_ANSWER = "bad_answer", _("no HTTP answer")
