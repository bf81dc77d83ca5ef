"""The verbs of governed settings. Review, publication and withdrawal are ``publishing``'s."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings as django_settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from approvals.errors import AlreadyInReview
from approvals.models import Request
from audit.context import current_schema
from audit.services import record
from operators.permissions import require, require_branch
from publishing import events, locks
from publishing import services as publishing
from publishing.choices import TemplateVerdict
from publishing.errors import NothingChanged, ReasonRequired
from publishing.governed import contents, reading, standings
from publishing.governed.errors import NothingWaits, WrongPlace
from publishing.models import BankSettings, ProvinceTemplate, TemplateAnswer
from tenants.platform import PLATFORM

if TYPE_CHECKING:
    from operators.models import Operator

Draft = TypeVar("Draft", ProvinceTemplate, BankSettings)
CHANGE_TEMPLATE = "publishing.change_provincetemplate"
CHANGE_SETTINGS = "publishing.change_banksettings"


# --- the province ---------------------------------------------------------------------------------
@transaction.atomic
def begin_template(*, actor: Operator, name: str) -> ProvinceTemplate:
    """The draft of a group's template, made when it is first needed; free in every setting."""
    _require_platform()
    title = _title(_("Province template: %(group)s"), name)
    return _begin(actor, ProvinceTemplate(name=name, title=title), events.TEMPLATE_BEGUN)


@transaction.atomic
def edit_template(
    *, actor: Operator, name: str, version: int, settings: Mapping[str, Any]
) -> ProvinceTemplate:
    """``settings``: {key: {"lock", "value"}}; ``version`` is the one that the editor had before
    them."""
    require(actor, CHANGE_TEMPLATE)
    draft = begin_template(actor=actor, name=name)
    before = draft.settings
    draft.settings = contents.clean_template(contents.group_named(name), settings)
    draft.version = version
    publishing.draft_edited(actor=actor, draft=draft)
    draft.save()
    record(
        events.TEMPLATE_EDITED,
        actor=actor, target=draft, before={"settings": before},
        after={"settings": draft.settings, "version": draft.version},
    )  # fmt: skip
    return draft


# --- a bank's own values --------------------------------------------------------------------------
@transaction.atomic
def begin_settings(*, actor: Operator, name: str) -> BankSettings:
    """The draft of a bank's own values of a group, made when it is first needed; without any."""
    _require_bank()
    title = _title(_("Settings of the bank: %(group)s"), name)
    return _begin(actor, BankSettings(name=name, title=title), events.SETTINGS_BEGUN)


@transaction.atomic
def edit_settings(
    *, actor: Operator, name: str, version: int, values: Mapping[str, Any]
) -> BankSettings:
    """``values`` is all that the bank sets itself; what is left out follows the province."""
    require(actor, CHANGE_SETTINGS)
    draft = begin_settings(actor=actor, name=name)
    return _save_values(actor, draft, version, values, events.SETTINGS_EDITED)


@transaction.atomic
def restore_setting(*, actor: Operator, name: str, version: int, key: str) -> BankSettings:
    """Drops the bank's own value: the setting follows the province again."""
    require(actor, CHANGE_SETTINGS)
    draft = begin_settings(actor=actor, name=name)
    if key not in draft.values:
        raise NothingChanged(_("This setting has no value of the bank's own."))
    template = reading.published_template(name)
    counting = contents.without_locked(
        contents.group_named(name), draft.values, template.payload if template else None
    )
    counting.pop(key, None)
    return _save_values(actor, draft, version, counting, events.SETTING_RESTORED)


def _save_values(
    actor: Operator, draft: BankSettings, version: int, values: Mapping[str, Any], event: str
) -> BankSettings:
    template = reading.published_template(draft.name)
    before = {"values": draft.values}
    draft.accepted = _binding(draft, template)
    draft.values = contents.clean_values(
        contents.group_named(draft.name),
        values,
        template.payload if template else None,
        draft.accepted,
    )
    draft.version = version
    publishing.draft_edited(actor=actor, draft=draft)
    draft.save()
    after = {"values": draft.values, "version": draft.version}
    record(event, actor=actor, target=draft, before=before, after=after)
    return draft


def _binding(draft: BankSettings, template: reading.Published | None) -> dict[str, Any]:
    """While it follows the newest, the bank's first values are made upon that; from then on what
    it has accepted stays until it accepts another."""
    own = reading.published_settings(draft.name)
    if own is not None and own.payload["accepted"]:
        return draft.accepted
    return _accepting(template) if template else {}


# --- answers to the province's template -----------------------------------------------------------
@transaction.atomic
def accept_template(
    *, actor: Operator, name: str, note: str = "", at: datetime | None = None
) -> Request:
    """The bank's draft takes the newest template and goes to review; it binds when approved.

    The bank keeps its own values, but for those that the province has locked.
    """
    require(actor, CHANGE_SETTINGS)
    draft = begin_settings(actor=actor, name=name)
    template = _waiting(draft)
    if draft.accepted.get("version") == template.version and _open_requests(draft).exists():
        raise AlreadyInReview(_("Accepting this template is in review already."))
    group = contents.group_named(name)
    draft.accepted = _accepting(template)
    draft.values = contents.without_locked(group, draft.values, template.payload)
    publishing.draft_edited(actor=actor, draft=draft, at=at)
    draft.save()
    said = _answer(actor, name, template.version, TemplateVerdict.ACCEPTED, "", at)
    standings.accepting(name, said.answered_at)
    record(
        events.TEMPLATE_ACCEPTED,
        actor=actor, target=draft, after={"template_version": template.version}, reason=note,
    )  # fmt: skip
    return publishing.submit_for_review(actor=actor, draft=draft, note=note, at=at)


@transaction.atomic
def defer_template(
    *, actor: Operator, name: str, reason: str, at: datetime | None = None
) -> TemplateAnswer:
    """The bank stays with what it has accepted, and says why; the province sees both."""
    require(actor, CHANGE_SETTINGS)
    require_branch(actor, "")
    if not reason.strip():
        raise ReasonRequired(_("Say why the template is put off."))
    draft = begin_settings(actor=actor, name=name)
    draft = _locked(draft)
    stands = reading.standing(name)
    if not stands.waits or stands.newest_version is None:
        raise NothingWaits(_("No newer template of the province waits for an answer."))
    if stands.reason == reason.strip():
        raise NothingWaits(_("This template has been put off already."))
    _take_back_acceptance(actor, draft, at)
    said = _answer(actor, name, stands.newest_version, TemplateVerdict.DEFERRED, reason.strip(), at)
    standings.deferred(name, stands.newest_version, reason.strip(), said.answered_at)
    record(
        events.TEMPLATE_DEFERRED,
        actor=actor, target=draft, reason=reason.strip(),
        after={"template_version": stands.newest_version},
    )  # fmt: skip
    return said


def _waiting(draft: BankSettings) -> reading.Published:
    template, own = reading.published_template(draft.name), reading.published_settings(draft.name)
    if template is None:
        raise NothingWaits(_("The province has published no template of these settings."))
    if own is not None and own.payload["accepted"].get("version") == template.version:
        raise NothingWaits(_("The newest template of the province is accepted already."))
    return template


def _locked(draft: BankSettings) -> BankSettings:
    """Of two answers at once the second sees the first. Requests before the draft, as everywhere
    in ``publishing``."""
    list(_open_requests(draft).order_by("pk").select_for_update(no_key=True))
    return BankSettings.objects.select_for_update(no_key=True).get(pk=draft.pk)


def _take_back_acceptance(actor: Operator, draft: BankSettings, at: datetime | None) -> None:
    """A draft that has taken the newer template already goes back to what binds the bank."""
    own = reading.published_settings(draft.name)
    if own is None or draft.accepted == own.payload["accepted"]:
        return
    draft.accepted = own.payload["accepted"]
    publishing.draft_edited(actor=actor, draft=draft, at=at)
    draft.save()


def _accepting(template: reading.Published) -> dict[str, Any]:
    return {"version": template.version, "settings": template.payload["settings"]}


def _open_requests(draft: BankSettings) -> Any:
    return Request.objects.of_target(draft._meta.label_lower, draft.uid).pending()


def _answer(
    actor: Operator, name: str, version: int, verdict: str, reason: str, at: datetime | None
) -> TemplateAnswer:
    return TemplateAnswer.objects.create(
        name=name,
        template_version=version,
        verdict=verdict,
        reason=reason,
        answered_by=actor,
        answered_at=at or timezone.now(),
    )


# --- drafts ---------------------------------------------------------------------------------------
@transaction.atomic
def begin_all(*, actor: Operator) -> None:
    """A draft for every registered group: what the list of the console shows."""
    on_platform = current_schema() == PLATFORM.schema_name
    model = ProvinceTemplate if on_platform else BankSettings
    known = set(model.objects.values_list("name", flat=True))
    for group in locks.groups():
        if group.name not in known:
            begin = begin_template if on_platform else begin_settings
            begin(actor=actor, name=group.name)


def _begin(actor: Operator, draft: Draft, event: str) -> Draft:
    model = type(draft)
    found = model.objects.filter(name=draft.name).first()
    if found is not None:
        return found
    draft.starts_at = timezone.now()
    publishing.draft_begun(actor=actor, draft=draft)
    # Nothing has been written into it yet.
    draft.contributors = []
    # ON CONFLICT: of two first looks at once, one makes it.
    model.objects.bulk_create([draft], ignore_conflicts=True)
    landed = model.objects.get(name=draft.name)
    if landed.uid == draft.uid:
        record(event, actor=actor, target=landed)
    return landed


def _title(words: Promise, name: str) -> str:
    """One title for everybody: a bank's people may use the console in two languages."""
    group = contents.group_named(name)
    with translation.override(django_settings.LANGUAGE_CODE):
        return str(words) % {"group": group.label}


def _require_platform() -> None:
    if current_schema() != PLATFORM.schema_name:
        raise WrongPlace(_("The province's template is written on the platform."))


def _require_bank() -> None:
    if current_schema() == PLATFORM.schema_name:
        raise WrongPlace(_("The platform has no settings of its own; it writes the template."))
