"""Why something about campaigns is refused."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise

from audit.errors import DomainError


class BadCampaign(DomainError):
    """``field`` says where the form shows it."""

    code = "bad_campaign"
    http_status = 400

    def __init__(self, message: str | Promise, *, field: str = "", code: str = "") -> None:
        super().__init__(message, code=code)
        self.field = field


class UnknownCampaign(DomainError):
    """No such campaign, not this bank's, or not to be shown to this customer."""

    code = "unknown_campaign"
    http_status = 404


class CampaignKept(DomainError):
    """Deleting would lose something."""

    code = "campaign_kept"


class StepRefused(DomainError):
    """A step that this campaign cannot take now."""

    code = "campaign_step_refused"


class BadEvent(DomainError):
    """``facts`` name what is wrong for machines."""

    code = "bad_event"
    http_status = 400

    def __init__(self, message: str | Promise, *, code: str = "", **facts: Any) -> None:
        super().__init__(message, code=code)
        self.facts = facts


class NotRewarded(DomainError):
    """A customer who joins gets nothing; ``code`` is one of ``choices.Refusal``."""

    code = "not_rewarded"

    def __init__(self, message: str | Promise, *, code: str = "", **facts: Any) -> None:
        super().__init__(message, code=code)
        self.facts = facts


class KeyReused(DomainError):
    code = "idempotency_key_reused"
    http_status = 422


class KeyRequired(DomainError):
    code = "idempotency_key_required"
    http_status = 400


class JoiningRefused(DomainError):
    """A bank cannot join this province campaign, or not like this."""

    code = "joining_refused"
