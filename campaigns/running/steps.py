"""What was done with a campaign, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from campaigns.choices import RunState

MARK = "mark_"


def describe_step(what: str) -> str:
    if what.startswith(MARK):
        return _("%(percent)s%% of the budget committed") % {"percent": what.removeprefix(MARK)}
    words = {
        RunState.RUNNING: _("resumed"), RunState.PAUSED: _("paused"),
        RunState.STOPPED: _("stopped in an emergency"), RunState.ENDED: _("ended for good"),
        RunState.PULLED: _("pulled back by the province"),
    }  # fmt: skip
    return words.get(what, what)  # type: ignore[call-overload,no-any-return]
