"""What the province and the bank have published, and how the two stand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django_tenants.utils import tenant_context

from publishing import locks
from publishing.choices import Lock, PublicationAction, Standing, TemplateVerdict
from publishing.governed import standings
from publishing.governed.contents import group_named, settings_payload, unfilled
from publishing.locks import SETTINGS_KIND, TEMPLATE_KIND
from publishing.models import BankSettings, ProvinceTemplate, Publication, TemplateAnswer
from tenants.platform import PLATFORM

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from publishing.locks import Group, Setting
    from publishing.offers.models import TemplateStanding


class Published(NamedTuple):
    version: int
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StandingOf:
    """One bank and one group: what it has accepted, and what waits for its answer."""

    state: Standing
    # None = it follows the newest.
    accepted_version: int | None
    # None = the province has published no template.
    newest_version: int | None
    # Why it was put off.
    reason: str = ""

    @property
    def waits(self) -> bool:
        return self.state in (Standing.WAITS, Standing.DEFERRED)


@dataclass(frozen=True, slots=True)
class Difference:
    """What another version of the template changes about one setting of this bank."""

    setting: Setting
    lock_before: Lock
    lock_after: Lock
    # The province's values.
    old: Any
    new: Any
    # The bank's own published value, if it has one.
    has_own: bool
    own: Any
    # What holds in the bank.
    now: Any
    after: Any

    @property
    def key(self) -> str:
        return self.setting.key

    @property
    def label(self) -> str:
        return str(self.setting.label)

    @property
    def at_once(self) -> bool:
        """Whether it holds already, accepted or not."""
        return self.lock_after == Lock.LOCKED

    @property
    def fill_first(self) -> bool:
        """Whether accepting needs a value of the bank's own that it has not published."""
        return self.lock_after == Lock.MUST_FILL and not self.has_own


# --- what is published ----------------------------------------------------------------------------
def published_template(name: str) -> Published | None:
    """The province's, as its current edition has it; also from inside a bank."""
    return published_templates(name).get(name)


def published_settings(name: str) -> Published | None:
    """The bank's own, as its current edition has them."""
    return _published(SETTINGS_KIND, BankSettings.objects.filter(name=name)).get(name)


def published_templates(*names: str) -> dict[str, Published]:
    """All of the province's, or some; one query."""
    with tenant_context(PLATFORM):
        drafts = ProvinceTemplate.objects.all()
        return _published(TEMPLATE_KIND, drafts.filter(name__in=names) if names else drafts)


def name_of_settings(uid: UUID | str) -> str:
    return BankSettings.objects.values_list("name", flat=True).get(uid=uid)


def _published(kind: str, drafts: QuerySet[Any]) -> dict[str, Published]:
    found = Publication.objects.newest().filter(kind=kind, target_id__in=drafts.values("uid"))
    standing_ones = found.exclude(action=PublicationAction.WITHDRAW)
    return {
        payload["name"]: Published(version, payload)
        for version, payload in standing_ones.values_list("version", "payload")
    }


# --- what holds -----------------------------------------------------------------------------------
def effective_values(name: str) -> dict[str, Any]:
    """What holds in the current bank now, as the feed resolves it."""
    template, own = published_template(name), published_settings(name)
    return locks.effective(group_named(name), _payload(template), _payload(own))


def where_bank_differs(name: str) -> list[Setting]:
    """The settings whose value is not the province's."""
    group, template = group_named(name), _payload(published_template(name))
    province = locks.effective(group, template, None)
    here = locks.effective(group, template, _payload(published_settings(name)))
    return [each for each in group.settings if here[each.key] != province[each.key]]


def open_to_do(draft: BankSettings) -> list[Setting]:
    """What the bank must fill in and has not: in its draft, as that is what it works on."""
    return _open_to_do(draft, published_template(draft.name))


def _open_to_do(draft: BankSettings, template: Published | None) -> list[Setting]:
    return unfilled(group_named(draft.name), _payload(template), draft.accepted, draft.values)


def groups_that_ask() -> int:
    """How many groups want something of the current bank: an answer to a newer template, or a
    value that it must fill in. For a number in the menu of every page: three queries."""
    templates = published_templates()
    names = [group.name for group in locks.groups() if group.name in templates]
    if not names:
        return 0
    rolled = {row.name: row for row in standings.of_current_bank()}
    drafts = {draft.name: draft for draft in BankSettings.objects.filter(name__in=names)}
    return sum(
        _asks(templates[name], rolled.get(name), drafts.get(name) or BankSettings(name=name))
        for name in names
    )


def _asks(template: Published, rolled: Any, draft: BankSettings) -> bool:
    state = state_of(rolled, template.version) if rolled else Standing.FOLLOWS
    is_taken = draft.accepted.get("version") == template.version
    return (state == Standing.WAITS and not is_taken) or bool(_open_to_do(draft, template))


# --- template and bank ----------------------------------------------------------------------------
def standing(name: str) -> StandingOf:
    template, own = published_template(name), published_settings(name)
    newest = template.version if template else None
    accepted = own.payload["accepted"].get("version") if own else None
    answers = TemplateAnswer.objects.filter(name=name)
    said = answers.filter(template_version=newest).first() if newest is not None else None
    put_off = said if said is not None and said.verdict == TemplateVerdict.DEFERRED else None
    state = _state(accepted, put_off.template_version if put_off else None, newest)
    reason = put_off.reason if put_off and state == Standing.DEFERRED else ""
    return StandingOf(state, accepted, newest, reason)


def state_of(rolled: TemplateStanding, newest: int | None) -> Standing:
    """The same from the public roll-up, for whoever looks at many banks."""
    return _state(rolled.accepted_version, rolled.deferred_version, newest)


def _state(accepted: int | None, deferred: int | None, newest: int | None) -> Standing:
    if accepted is None:
        return Standing.FOLLOWS
    if newest is None or accepted >= newest:
        return Standing.ACCEPTED
    # A put-off holds for the version it was said of; the next one asks again.
    return Standing.DEFERRED if deferred == newest else Standing.WAITS


def differences(name: str) -> list[Difference]:
    """What the newest template changes for this bank; nothing when it has accepted it already."""
    group, template, own = group_named(name), published_template(name), published_settings(name)
    if template is None or own is None or not own.payload["accepted"]:
        return []
    found = (_difference(group, each, template.payload, own.payload) for each in group.settings)
    return [each for each in found if _differs(each)]


def _difference(
    group: Group, setting: Setting, newest: dict[str, Any], own: dict[str, Any]
) -> Difference:
    key, accepted = setting.key, own["accepted"]
    agreed = settings_payload(
        group.name,
        own["values"],
        {"settings": newest["settings"]},
    )
    return Difference(
        setting=setting,
        lock_before=locks.lock_of(accepted, key),
        lock_after=locks.lock_of(newest, key),
        old=locks.effective(group, accepted, None)[key],
        new=locks.effective(group, newest, None)[key],
        has_own=key in own["values"],
        own=own["values"].get(key),
        now=locks.effective(group, newest, own)[key],
        after=locks.effective(group, newest, agreed)[key],
    )


def _differs(each: Difference) -> bool:
    return each.lock_before != each.lock_after or each.old != each.new


def _payload(published: Published | None) -> dict[str, Any] | None:
    return published.payload if published else None
