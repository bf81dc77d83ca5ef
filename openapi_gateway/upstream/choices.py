from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class VendorKind(TextChoices):
    LIVENESS = "liveness", _("liveness engine")
    CORE = "core", _("banks' core")


class Deployment(TextChoices):
    """JR/T 0171-2020: what authenticates a person is not handed to outsiders."""

    ON_PREM = "on_prem", _("on our premises")
    PRIVATE_CLOUD = "private_cloud", _("private cloud")
    PUBLIC_SAAS = "public_saas", _("public cloud service")


class Decision(TextChoices):
    LIVE = "live", pgettext_lazy("liveness", "live")
    SPOOF = "spoof", pgettext_lazy("liveness", "spoof")
    UNCERTAIN = "uncertain", pgettext_lazy("liveness", "uncertain")


class Force(TextChoices):
    OPEN = "open", _("forced open")
    CLOSED = "closed", _("forced closed")


class BreakerState(TextChoices):
    CLOSED = "closed", pgettext_lazy("circuit breaker", "closed")
    OPEN = "open", pgettext_lazy("circuit breaker", "open")
    HALF_OPEN = "half_open", pgettext_lazy("circuit breaker", "half open")
    UNKNOWN = "unknown", pgettext_lazy("circuit breaker", "unknown")


class OurCode(TextChoices):
    """What vendors' codes are translated to: the words of our own contracts."""

    PASSED = "LIVE.PASSED", _("a live person")
    SPOOF_PHOTO = "LIVE.SPOOF_PHOTO", _("a printed photo")
    SPOOF_SCREEN = "LIVE.SPOOF_SCREEN", _("a photo or film on a screen")
    SPOOF_MASK = "LIVE.SPOOF_MASK", _("a mask")
    SPOOF_OTHER = "LIVE.SPOOF_OTHER", _("another attack")
    UNCERTAIN = "LIVE.UNCERTAIN", _("cannot be told")
    NO_FACE = "LIVE.NO_FACE", _("no face")
    SEVERAL_FACES = "LIVE.SEVERAL_FACES", _("several faces")
    POOR_QUALITY = "LIVE.POOR_QUALITY", _("too dark or blurred")
    WRONG_ACTION = "LIVE.WRONG_ACTION", _("not the actions that were asked for")
    FACE_MISMATCH = "LIVE.FACE_MISMATCH", _("another person's face")
    MEDIA_REFUSED = "LIVE.MEDIA_REFUSED", _("the capture cannot be read")
    CUSTOMER_UNKNOWN = "CORE.CUSTOMER_UNKNOWN", _("no such customer")
    ACCOUNT_UNKNOWN = "CORE.ACCOUNT_UNKNOWN", _("no such account")
    PIN_BLOCK_REFUSED = "CORE.PIN_BLOCK_REFUSED", _("the PIN block does not open")

    @property
    def decision(self) -> Decision | None:
        """None: the engine could not judge."""
        return DECISION_OF.get(self)

    @property
    def kind(self) -> VendorKind:
        return VendorKind.LIVENESS if self.value.startswith("LIVE.") else VendorKind.CORE


DECISION_OF = {
    OurCode.PASSED: Decision.LIVE,
    OurCode.SPOOF_PHOTO: Decision.SPOOF,
    OurCode.SPOOF_SCREEN: Decision.SPOOF,
    OurCode.SPOOF_MASK: Decision.SPOOF,
    OurCode.SPOOF_OTHER: Decision.SPOOF,
    OurCode.UNCERTAIN: Decision.UNCERTAIN,
}
