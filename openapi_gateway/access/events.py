from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit import events

SEEDED = "gateway.catalogue.seeded"
SERVICE_SAVED = "gateway.catalogue.service_saved"
VERSION_SAVED = "gateway.catalogue.version_saved"
SCOPE_SAVED = "gateway.catalogue.scope_saved"
PLAN_SAVED = "gateway.catalogue.plan_saved"
PUBLISHED = "gateway.catalogue.published"
DEPRECATED = "gateway.catalogue.deprecated"
CLOSED = "gateway.catalogue.closed"
ACKNOWLEDGED = "gateway.catalogue.deprecation_acknowledged"
APPLICATION_BEGUN = "gateway.application.begun"
APPLICATION_EDITED = "gateway.application.edited"
APPLICATION_SUBMITTED = "gateway.application.submitted"
APPLICATION_WITHDRAWN = "gateway.application.withdrawn"
APPLICATION_COMMENTED = "gateway.application.commented"
APPLICATION_TAKEN_UP = "gateway.application.taken_up"
APPLICATION_STEP_PASSED = "gateway.application.step_passed"
APPLICATION_APPROVED = "gateway.application.approved"
APPLICATION_RETURNED = "gateway.application.returned"
APPLICATION_REJECTED = "gateway.application.rejected"
APPLICATION_EXPIRED = "gateway.application.expired"
ATTACHMENT_ADDED = "gateway.application.attachment_added"
ATTACHMENT_REMOVED = "gateway.application.attachment_removed"
ATTACHMENT_FETCHED = "gateway.application.attachment_fetched"

_LABELS: dict[str, str | Promise] = {
    SEEDED: _("base services entered into the catalogue"),
    SERVICE_SAVED: _("base service saved"),
    VERSION_SAVED: _("service version saved"),
    SCOPE_SAVED: _("scope of a base service saved"),
    PLAN_SAVED: _("plan of a base service saved"),
    PUBLISHED: _("entry of the service catalogue published"),
    DEPRECATED: _("entry of the service catalogue deprecated"),
    CLOSED: _("entry of the service catalogue closed"),
    ACKNOWLEDGED: _("deprecation acknowledged by a bank"),
    APPLICATION_BEGUN: _("access application begun"),
    APPLICATION_EDITED: _("access application edited"),
    APPLICATION_SUBMITTED: _("access application submitted"),
    APPLICATION_WITHDRAWN: _("access application withdrawn"),
    APPLICATION_COMMENTED: _("access application commented on"),
    APPLICATION_TAKEN_UP: _("access application taken into review"),
    APPLICATION_STEP_PASSED: _("one review of an access application passed"),
    APPLICATION_APPROVED: _("access application approved"),
    APPLICATION_RETURNED: _("access application returned"),
    APPLICATION_REJECTED: _("access application rejected"),
    APPLICATION_EXPIRED: _("access application expired"),
    ATTACHMENT_ADDED: _("attachment of an access application added"),
    ATTACHMENT_REMOVED: _("attachment of an access application taken out"),
    ATTACHMENT_FETCHED: _("attachment of an access application fetched"),
}


def register() -> None:
    for name, label in _LABELS.items():
        events.register(name, label)
