from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from publishing.choices import Lock

KIND = "province_campaign"


class Field(TextChoices):
    """What a province campaign says something about, in the order of its form."""

    TITLE = "title", pgettext_lazy("campaign field", "title")
    KIND = "kind", _("kind of campaign")
    PERIOD = "period", pgettext_lazy("campaign field", "period")
    SUMMARY = "summary", _("in one sentence")
    BUTTON = "button", _("word on the button")
    RULES_TEXT = "rules_text", pgettext_lazy("campaign field", "rules for customers")
    EVENTS = "events", _("qualifying events")
    CONDITIONS = "conditions", _("conditions")
    EFFECTS = "effects", _("rewards")
    LIMITS = "limits", _("limits")
    BUDGET = "budget_cents", _("budget")
    BEARERS = "bearers", _("cost bearers")
    AUDIENCE = "audience", _("audience")


_WORDS = (Lock.LOCKED, Lock.DEFAULT, Lock.FREE, Lock.MUST_FILL)
_RULE = (Lock.LOCKED, Lock.DEFAULT, Lock.FREE)
# The first one is what a new province campaign begins with.
LOCKS: dict[str, tuple[Lock, ...]] = {
    Field.TITLE: _RULE,
    Field.KIND: (Lock.LOCKED,),
    Field.PERIOD: (Lock.LOCKED, Lock.DEFAULT),
    Field.SUMMARY: (Lock.DEFAULT, Lock.LOCKED, Lock.FREE, Lock.MUST_FILL),
    Field.BUTTON: (Lock.DEFAULT, Lock.LOCKED, Lock.FREE, Lock.MUST_FILL),
    Field.RULES_TEXT: _WORDS,
    Field.EVENTS: _RULE,
    Field.CONDITIONS: _RULE,
    # Templates are the banks' own: what is said here is what they have to be like.
    Field.EFFECTS: (Lock.MUST_FILL, Lock.LOCKED, Lock.FREE),
    Field.LIMITS: _RULE,
    Field.BUDGET: (Lock.MUST_FILL, Lock.LOCKED, Lock.DEFAULT, Lock.FREE),
    Field.BEARERS: (Lock.LOCKED, Lock.DEFAULT),
    Field.AUDIENCE: (Lock.DEFAULT, Lock.LOCKED, Lock.FREE),
}


class WaveState(TextChoices):
    PLANNED = "planned", pgettext_lazy("wave", "planned")
    OPEN = "open", pgettext_lazy("wave", "open")
    PULLED = "pulled", pgettext_lazy("wave", "pulled back")


class JoinState(TextChoices):
    """How a bank stands to a province campaign that is open to it."""

    WAITING = "waiting", pgettext_lazy("bank", "has not joined yet")
    JOINED = "joined", pgettext_lazy("bank", "joined")
    DECLINED = "declined", pgettext_lazy("bank", "does not join")


class Told(TextChoices):
    """What the wave's last switch met in a bank."""

    NOTHING = "nothing", _("nothing was running")
    PULLED = "pulled", _("stopped")
    KEPT = "kept", _("stopped or ended by the bank itself before")
    LET_GO = "let_go", _("paused; the bank resumes it")
