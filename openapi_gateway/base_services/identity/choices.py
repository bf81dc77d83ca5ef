from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class TicketState(TextChoices):
    """Expired follows from the clock."""

    ISSUED = "issued", _("issued")
    REDEEMED = "redeemed", _("exchanged")
    REVOKED = "revoked", _("revoked")


class SubjectKind(TextChoices):
    OPENID = "openid", "openid"
    UNIONID = "unionid", "unionid"


class Acr(TextChoices):
    """How sure we are of the person, the lowest first."""

    SIGNED_IN = "loa1", _("signed in to the bank's app")
    PASSWORD = "loa2", _("and password by the secure keyboard")
    FACE = "loa3", _("and live face")

    @property
    def rank(self) -> int:
        return list(Acr).index(self)


class StepUpMethod(TextChoices):
    KEYBOARD = "keyboard", _("password keyboard")
    LIVENESS = "liveness", _("liveness check")

    @property
    def amr(self) -> str:
        """RFC 8176."""
        return "pin" if self is StepUpMethod.KEYBOARD else "face"


METHOD_OF = {Acr.PASSWORD: StepUpMethod.KEYBOARD, Acr.FACE: StepUpMethod.LIVENESS}


class StepUpState(TextChoices):
    """Expired follows from the clock."""

    CREATED = "created", _("created")
    PASSED = "passed", _("passed")
    FAILED = "failed", _("failed")


class Scope:
    """Codes of the catalogue that this service understands."""

    LOGIN = "identity.login"
    INTROSPECT = "identity.introspect"
    PROFILE = "identity.profile"
    PHONE = "identity.phone"
    UNIONID = "identity.unionid"
    STEP_UP = "identity.step_up"


# What a ticket may carry; the others are rights of the client, not of a person's session.
TICKET_SCOPES = frozenset({Scope.LOGIN, Scope.PROFILE, Scope.PHONE, Scope.UNIONID})
