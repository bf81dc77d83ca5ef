from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.events import register

SUBMITTED = "approvals.request_submitted"
APPROVED = "approvals.request_approved"
SENT_BACK = "approvals.request_sent_back"
WITHDRAWN = "approvals.request_withdrawn"
REBASED = "approvals.request_rebased"
EXPIRED = "approvals.request_expired"

register(SUBMITTED, _("submitted for review"))
register(APPROVED, _("approved"))
register(SENT_BACK, _("sent back"))
register(WITHDRAWN, _("review withdrawn"))
register(REBASED, _("rebased on what is live"))
register(EXPIRED, _("review expired"))
