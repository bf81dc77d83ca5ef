"""Templates and banks' settings as kinds of content that are published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from audit.context import current_schema
from publishing import locks
from publishing.choices import Lock
from publishing.governed import contents, reading, standings
from publishing.governed.errors import WrongPlace
from publishing.locks import SETTINGS_KIND, TEMPLATE_KIND
from publishing.registry import ContentKind, Shown, register
from tenants.platform import PLATFORM

if TYPE_CHECKING:
    from publishing.locks import Group, Setting
    from publishing.models import Publication

NO_VALUE = "—"


# --- the province's template ----------------------------------------------------------------------
def show_template(payload: dict[str, Any]) -> list[Shown]:
    group = contents.group_named(payload["name"])
    return [
        Shown(each.key, each.label, rule_text(each, payload["settings"].get(each.key, {})))
        for each in group.settings
    ]


def rule_text(setting: Setting, rule: Mapping[str, Any]) -> str:
    lock = Lock(rule.get("lock", Lock.FREE))
    value = setting.show(rule["value"]) if "value" in rule else NO_VALUE
    return _("%(lock)s: %(value)s") % {"lock": lock.label, "value": value}


def check_template(target_id: str, envelope: dict[str, Any], at: datetime) -> None:
    if current_schema() != PLATFORM.schema_name:
        raise WrongPlace(_("The province's template is written on the platform."))
    payload = envelope["payload"]
    contents.clean_template(contents.group_named(payload["name"]), payload["settings"])


# --- a bank's own values --------------------------------------------------------------------------
def show_settings(payload: dict[str, Any]) -> list[Shown]:
    """What would hold in the bank, setting by setting, and by whose word."""
    group = contents.group_named(payload["name"])
    template = reading.published_template(group.name)
    newest = template.payload if template else None
    holds = locks.effective(group, newest, payload)
    lines = [
        Shown(each.key, each.label, _value_text(group, each, newest, payload, holds[each.key]))
        for each in group.settings
    ]
    return [_accepted_line(payload["accepted"]), *lines]


def _accepted_line(accepted: Mapping[str, Any]) -> Shown:
    version = accepted.get("version")
    text = (
        _("version %(version)s") % {"version": version}
        if version
        else _("none yet; the newest holds")
    )
    return Shown("accepted", _("Accepted template of the province"), text)


def _value_text(
    group: Group,
    setting: Setting,
    newest: dict[str, Any] | None,
    own: dict[str, Any],
    value: Any,
) -> str:
    if locks.lock_of(newest, setting.key) == Lock.LOCKED:
        words = _("%(value)s (locked by the province)")
    elif setting.key in own["values"]:
        words = _("%(value)s (the bank's own)")
    else:
        words = _("%(value)s (as the province)")
    return words % {"value": setting.show(value)}


def check_settings(target_id: str, envelope: dict[str, Any], at: datetime) -> None:
    """Against the template of this moment: it may have changed since the maker looked."""
    if current_schema() == PLATFORM.schema_name:
        raise WrongPlace(_("The platform has no settings of its own; it writes the template."))
    payload = envelope["payload"]
    group, accepted = contents.group_named(payload["name"]), payload["accepted"]
    template = reading.published_template(group.name)
    newest = template.payload if template else None
    contents.clean_values(group, payload["values"], newest, accepted)
    contents.refuse_unfilled(contents.unfilled(group, newest, accepted, payload["values"]))


def settings_published(publication: Publication) -> None:
    """The province's board follows what the bank has published."""
    draft_name = reading.name_of_settings(publication.target_id)
    payload = publication.payload or {"accepted": {}}
    version = payload["accepted"].get("version")
    standings.accepted(draft_name, version, publication.published_at)


def register_kinds() -> None:
    register(
        ContentKind(
            name=TEMPLATE_KIND,
            is_shown=False,
            model_label="publishing.ProvinceTemplate",
            label=pgettext_lazy("kind of content", "Province template"),
            show_payload=show_template,
            check_envelope=check_template,
        )
    )
    register(
        ContentKind(
            name=SETTINGS_KIND,
            is_shown=False,
            model_label="publishing.BankSettings",
            label=gettext_lazy("Settings of the bank"),
            show_payload=show_settings,
            check_envelope=check_settings,
            published=settings_published,
        )
    )
