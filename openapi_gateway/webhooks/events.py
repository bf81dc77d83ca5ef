from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit import events

ENDPOINT_ADDED = "gateway.callback_added"
ENDPOINT_CHANGED = "gateway.callback_changed"
SECRET_ROLLED = "gateway.callback_secret_rolled"  # noqa: S105  (the name of an event)
ENDPOINT_DISABLED = "gateway.callback_disabled"
ENDPOINT_ENABLED = "gateway.callback_enabled"
TEST_SENT = "gateway.callback_tested"
SENT_AGAIN = "gateway.callback_sent_again"

_LABELS = {
    ENDPOINT_ADDED: _("callback address added"),
    ENDPOINT_CHANGED: _("callback address changed"),
    SECRET_ROLLED: _("secret of a callback address renewed"),
    ENDPOINT_DISABLED: _("callback address disabled"),
    ENDPOINT_ENABLED: _("callback address enabled"),
    TEST_SENT: _("test callback sent"),
    SENT_AGAIN: _("callback sent again"),
}


def register() -> None:
    for name, label in _LABELS.items():
        events.register(name, label)
