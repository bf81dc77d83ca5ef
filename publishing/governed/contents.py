"""What may stand in a template and in a bank's settings: one place for forms, services, reviews."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from audit.errors import DomainError
from publishing import locks
from publishing.choices import Lock
from publishing.governed.errors import BadSetting, MustFill, SettingLocked, UnknownGroup
from publishing.locks import Group, Setting

NEEDS_VALUE = (Lock.LOCKED, Lock.DEFAULT)
Payload = Mapping[str, Any]


def group_named(name: str) -> Group:
    try:
        return locks.group_of(name)
    except KeyError as error:
        raise UnknownGroup(
            _("There is no group of settings “%(name)s”.") % {"name": name}
        ) from error


def template_payload(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {"schema": 1, "name": name, "settings": dict(settings)}


def settings_payload(
    name: str, values: Mapping[str, Any], accepted: Mapping[str, Any]
) -> dict[str, Any]:
    return {"schema": 1, "name": name, "values": dict(values), "accepted": dict(accepted)}


def clean_template(group: Group, raw: Mapping[str, Any]) -> dict[str, Any]:
    """A lock per setting, and the values it needs; a setting that is not named is free."""
    _refuse_unknown(group, raw)
    rules = {each.key: clean_rule(each, raw.get(each.key, {})) for each in group.settings}
    group.check(locks.effective(group, template_payload(group.name, rules), None))
    return rules


def clean_rule(setting: Setting, given: Mapping[str, Any]) -> dict[str, Any]:
    lock = _clean_lock(setting, given.get("lock", Lock.FREE))
    if lock not in NEEDS_VALUE and given.get("value") is None:
        return {"lock": lock.value}
    if "value" not in given:
        sentence = _("A setting that is locked or a default needs a value.")
        raise BadSetting(f"“{setting.label}”: {sentence}", key=setting.key, sentence=sentence)
    return {"lock": lock.value, "value": clean_value(setting, given["value"])}


def clean_values(
    group: Group, raw: Mapping[str, Any], template: Payload | None, accepted: Mapping[str, Any]
) -> dict[str, Any]:
    """A bank's own values, none of which the province has locked."""
    _refuse_unknown(group, raw)
    _refuse_locked(group, raw, template)
    values = {key: clean_value(group.get(key), value) for key, value in raw.items()}
    own = settings_payload(group.name, values, accepted)
    group.check(locks.effective(group, template, own))
    return values


def clean_value(setting: Setting, raw: Any) -> Any:
    try:
        return setting.clean(raw)
    except DomainError as error:
        raise BadSetting(
            _("“%(label)s”: %(problem)s") % {"label": setting.label, "problem": error.message},
            key=setting.key,
            sentence=error.message,
        ) from error


def unfilled(
    group: Group,
    template: Payload | None,
    accepted: Mapping[str, Any],
    values: Mapping[str, Any],
) -> list[Setting]:
    """What the bank still has to fill in, by the template that binds it."""
    return [
        setting
        for setting in group.settings
        if setting.key not in values
        and locks.binding_lock(template, accepted, setting.key) == Lock.MUST_FILL
    ]


def refuse_unfilled(missing: Iterable[Setting]) -> None:
    labels = "、".join(str(setting.label) for setting in missing)
    if labels:
        raise MustFill(
            _("The province asks every bank for a value of its own. Please fill in: %(labels)s.")
            % {"labels": labels}
        )


def without_locked(
    group: Group, values: Mapping[str, Any], template: Payload | None
) -> dict[str, Any]:
    """Less what no longer counts: locked by now, or no setting any more."""
    return {
        setting.key: values[setting.key]
        for setting in group.settings
        if setting.key in values and locks.lock_of(template, setting.key) != Lock.LOCKED
    }


def _clean_lock(setting: Setting, raw: Any) -> Lock:
    if raw not in Lock.values:
        sentence = _("Choose locked, default, free or must be filled.")
        raise BadSetting(f"“{setting.label}”: {sentence}", key=setting.key, sentence=sentence)
    return Lock(raw)


def _refuse_unknown(group: Group, raw: Mapping[str, Any]) -> None:
    unknown = sorted(set(raw) - {setting.key for setting in group.settings})
    if unknown:
        raise BadSetting(
            _("“%(group)s” has no setting %(keys)s.")
            % {"group": group.label, "keys": "、".join(unknown)},
            key="",
        )


def _refuse_locked(group: Group, raw: Mapping[str, Any], template: Payload | None) -> None:
    for key in raw:
        if locks.lock_of(template, key) == Lock.LOCKED:
            label = group.get(key).label
            sentence = _("The province has locked this; its value holds.")
            raise SettingLocked(
                _(
                    "The province has locked “%(label)s”: its value holds in every bank. "
                    "Restore the province's value and submit again."
                )
                % {"label": label},
                key=key,
                sentence=sentence,
            )
