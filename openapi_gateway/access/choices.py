from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CatalogueState(TextChoices):
    """Of versions and plans; forward only."""

    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    DEPRECATED = "deprecated", _("deprecated")
    CLOSED = "closed", _("closed")


class ApplicationState(TextChoices):
    DRAFT = "draft", pgettext_lazy("access application", "draft")
    SUBMITTED = "submitted", pgettext_lazy("access application", "submitted")
    IN_REVIEW = "in_review", pgettext_lazy("access application", "in review")
    RETURNED = "returned", pgettext_lazy("access application", "returned")
    APPROVED = "approved", pgettext_lazy("access application", "approved")
    REJECTED = "rejected", pgettext_lazy("access application", "rejected")
    WITHDRAWN = "withdrawn", pgettext_lazy("access application", "withdrawn")
    EXPIRED = "expired", pgettext_lazy("access application", "expired")


# Something is still awaited of somebody; such an application expires when nobody touches it.
OPEN_APPLICATIONS = (
    ApplicationState.DRAFT, ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW,
    ApplicationState.RETURNED,
)  # fmt: skip
# The bank may still write in it.
EDITABLE_APPLICATIONS = (ApplicationState.DRAFT, ApplicationState.RETURNED)
# What the platform's people look at.
UNDER_REVIEW = (ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW)


class ContactRole(TextChoices):
    BUSINESS = "business", _("business contact")
    TECHNICAL = "technical", _("technical contact")
    SECURITY = "security", _("security contact")


class ReviewStep(TextChoices):
    TECHNICAL = "technical", _("technical review")
    COMPLIANCE = "compliance", _("compliance review")


class Verdict(TextChoices):
    APPROVED = "approved", pgettext_lazy("access application", "approved")
    RETURNED = "returned", pgettext_lazy("access application", "returned")
    REJECTED = "rejected", pgettext_lazy("access application", "rejected")


class GrantState(TextChoices):
    SANDBOX_ACTIVE = "sandbox_active", _("sandbox open")
    CONFORMANCE_PASSED = "conformance_passed", _("conformance passed")
    PRODUCTION_PENDING = "production_pending", _("production requested")
    PRODUCTION_ACTIVE = "production_active", _("production open")
    TERMINATED = "terminated", _("terminated")
    EXPIRED = "expired", _("expired")


class Suspension(TextChoices):
    """Beside the grant's state, so that lifting it leads back to where the grant stood."""

    NONE = "", _("not suspended")
    PRODUCTION = "production", _("production only")
    ALL = "all", _("sandbox and production")


class SuspendedBy(TextChoices):
    PLATFORM = "platform", _("platform")
    BANK = "bank", _("bank")
    RISK = "risk", _("risk engine")
