from __future__ import annotations

from datetime import datetime

from django.db import transaction

from openapi_gateway.access import events
from openapi_gateway.access.choices import ApplicationState
from openapi_gateway.access.finding import is_idle
from openapi_gateway.access.histories import tell
from openapi_gateway.access.models import Application


def expire_idle(at: datetime) -> int:
    """Writes down what the clock has decided, each once; how many."""
    idle = Application.objects.filter(is_idle(at)).order_by("pk").select_related("bank", "client")
    return sum(_expire(application, at) for application in idle[:1000])


@transaction.atomic
def _expire(application: Application, at: datetime) -> bool:
    rows = Application.objects.filter(is_idle(at), pk=application.pk)
    if rows.update(state=ApplicationState.EXPIRED) != 1:
        return False
    before = {"state": application.state}
    application.state = ApplicationState.EXPIRED
    tell(
        events.APPLICATION_EXPIRED, application, actor=None, at=at, before=before,
        after={"state": application.state},
    )  # fmt: skip
    return True
