from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit import events

STARTED = "gateway.conformance.started"
FINISHED = "gateway.conformance.finished"


def register() -> None:
    events.register(STARTED, _("conformance run started"))
    events.register(FINISHED, _("conformance run finished"))
