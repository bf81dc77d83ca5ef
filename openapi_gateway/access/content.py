"""What an application says: cleaned, or refused with a sentence for each field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import MAXYEAR, date, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from openapi_gateway.access.addresses import BadAddress, clean_callbacks, clean_networks
from openapi_gateway.access.choices import CatalogueState, ContactRole
from openapi_gateway.access.errors import BadApplication
from openapi_gateway.access.models import Plan, Scope
from openapi_gateway.choices import DataLevel, Environment

if TYPE_CHECKING:
    from datetime import datetime

    from openapi_gateway.access.models import Application

PURPOSE_LENGTH, SCENE_LENGTH, MOST_SCENES = 2000, 60, 10
MOST_YEARS = 3
_PHONE = re.compile(r"\A\+?[0-9][0-9 -]{5,19}\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
Problems = list[tuple[str, str | Promise]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One plan and the scopes wanted of its service."""

    plan: Plan
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """As typed, until ``cleaned``. Of a draft most may be missing still, but nothing wrong."""

    starts_on: date
    ends_on: date
    purpose: str = ""
    scenes: Sequence[str] = ()
    services: Sequence[Wanted] = ()
    data_levels: Sequence[str] = ()
    environments: Sequence[str] = (Environment.SANDBOX.value,)
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    callback_urls: Mapping[str, Sequence[str]] = field(default_factory=dict)
    contacts: Sequence[Mapping[str, str]] = ()

    def cleaned(self, *, at: datetime) -> Content:
        """Raises ``BadApplication`` with everything that is wrong, not the first alone."""
        problems: Problems = []
        found = replace(
            self,
            purpose=_text(self.purpose, PURPOSE_LENGTH, "purpose", problems),
            scenes=_scenes(self.scenes, problems),
            services=_services(self.services, problems),
            data_levels=_known(self.data_levels, DataLevel.values, "data_levels", problems),
            environments=_environments(self.environments, problems),
            addresses=_by_environment(self.addresses, "addresses", _networks, problems),
            callback_urls=_by_environment(
                self.callback_urls, "callback_urls", clean_callbacks, problems
            ),
            contacts=_contacts(self.contacts, problems),
        )
        _check_period(found, at, problems)
        if problems:
            raise BadApplication(problems)
        return found

    def columns(self) -> dict[str, Any]:
        """Of the application's own row."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        del plain["services"]
        return plain

    @property
    def needed_levels(self) -> set[str]:
        codes = [code for wanted in self.services for code in wanted.scopes]
        return set(Scope.objects.filter(code__in=codes).values_list("data_level", flat=True))


def content_of(application: Application) -> Content:
    services = application.services.select_related("plan__version__service")
    return Content(
        **{
            name: getattr(application, name)
            for name in (
                "starts_on", "ends_on", "purpose", "scenes", "data_levels", "environments",
                "addresses", "callback_urls", "contacts",
            )
        },
        services=[Wanted(each.plan, tuple(each.scopes)) for each in services],
    )  # fmt: skip


def missing(content: Content) -> Problems:
    """What a draft needs before it can be submitted."""
    problems: Problems = []
    filled = {
        "purpose": (content.purpose, _("Say what the services are for.")),
        "scenes": (content.scenes, _("Name at least one scene in which they are used.")),
        "services": (content.services, _("Choose at least one plan of a base service.")),
    }
    problems += [(name, sentence) for name, (value, sentence) in filled.items() if not value]
    problems += [("services", sentence) for sentence in _unserviceable(content)]
    lacking = sorted(content.needed_levels - set(content.data_levels))
    if lacking:
        problems.append((
            "data_levels",
            _("The scopes chosen process data of level %(levels)s: tick it.")
            % {"levels": "、".join(lacking)},
        ))  # fmt: skip
    if Environment.PRODUCTION in content.environments and not content.addresses.get("production"):
        problems.append(
            ("addresses", _("Name the addresses from which production will be called."))
        )
    roles = {contact["role"] for contact in content.contacts}
    for role in (ContactRole.TECHNICAL, ContactRole.SECURITY):
        if role not in roles:
            problems.append(("contacts", _("Name a %(role)s.") % {"role": role.label}))
    return problems


def _unserviceable(content: Content) -> Iterable[str]:
    for wanted in content.services:
        if not wanted.scopes:
            yield _("Choose what is needed of “%(service)s”.") % {
                "service": wanted.plan.version.service
            }
        if not is_offered(wanted.plan):
            yield _("“%(plan)s” is not offered (any more): choose another plan.") % {
                "plan": wanted.plan
            }


def is_offered(plan: Plan) -> bool:
    return plan.state == plan.version.state == CatalogueState.PUBLISHED


# --- parts ---------------------------------------------------------------------------------------
def tidy(text: object) -> str:
    return _CONTROL.sub("", unicodedata.normalize("NFC", str(text or ""))).strip()


def _text(given: object, most: int, name: str, problems: Problems) -> str:
    text = tidy(given).replace("\r\n", "\n")
    if len(text) > most:
        problems.append((name, _("At most %(most)s characters.") % {"most": most}))
    return text


def _scenes(given: Sequence[str], problems: Problems) -> list[str]:
    found = list(dict.fromkeys(text for each in given if (text := tidy(each))))
    if len(found) > MOST_SCENES or any(len(each) > SCENE_LENGTH for each in found):
        problems.append((
            "scenes",
            _("At most %(most)s scenes of %(length)s characters each, one in a line.")
            % {"most": MOST_SCENES, "length": SCENE_LENGTH},
        ))  # fmt: skip
    return found


def _services(given: Sequence[Wanted], problems: Problems) -> list[Wanted]:
    plans = [wanted.plan for wanted in given]
    services = [plan.version.service_id for plan in plans]
    if len(set(services)) < len(services):
        problems.append(("services", _("One plan for each service: choose which.")))
    found = []
    for wanted in given:
        if not is_offered(wanted.plan):
            sentence = _("“%(plan)s” is not offered (any more): choose another plan.")
            problems.append(("services", sentence % {"plan": wanted.plan}))
        found.append(Wanted(wanted.plan, _scopes(wanted, problems)))
    return sorted(found, key=lambda each: each.plan.pk)


def _scopes(wanted: Wanted, problems: Problems) -> tuple[str, ...]:
    service = wanted.plan.version.service
    known = list(service.scopes.values_list("code", flat=True))
    strange = [tidy(code)[:40] for code in wanted.scopes if code not in known]
    if strange:
        problems.append((
            "services",
            _("“%(service)s” has no scope %(codes)s. Choose from its own.")
            % {"service": service, "codes": "、".join(strange)},
        ))  # fmt: skip
    return tuple(code for code in known if code in wanted.scopes)


def _known(given: Sequence[str], values: Sequence[str], name: str, problems: Problems) -> list[str]:
    if any(each not in values for each in given):
        problems.append((name, _("Choose from the list.")))
    return [value for value in values if value in given]


def _environments(given: Sequence[str], problems: Problems) -> list[str]:
    found = _known(given, Environment.values, "environments", problems)
    if Environment.SANDBOX not in found:
        sentence = _("The sandbox belongs to every application: production follows it.")
        problems.append(("environments", sentence))
    return found


def _by_environment(
    given: Mapping[str, Sequence[str]], name: str, clean: Any, problems: Problems
) -> dict[str, list[str]]:
    if any(each not in Environment.values for each in given):
        problems.append((name, _("Choose from the list.")))
    found: dict[str, list[str]] = {}
    for environment in Environment.values:
        try:
            lines = clean(given.get(environment, ()), environment)
        except BadAddress as error:
            problems.append((f"{name}.{environment}", str(error)))
        else:
            if lines:
                found[environment] = lines
    return found


def _networks(lines: Sequence[str], _environment: str) -> list[str]:
    return clean_networks(lines)


def _contacts(given: Sequence[Mapping[str, str]], problems: Problems) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for contact in given:
        role = str(contact.get("role", ""))
        row = {name: tidy(contact.get(name)) for name in ("name", "phone", "email")}
        if not any(row.values()):
            continue
        if role not in ContactRole.values or any(each["role"] == role for each in found):
            problems.append(("contacts", _("One contact for each role.")))
            continue
        problems += [(f"contacts.{role}", sentence) for sentence in _wrong_contact(row)]
        found.append({"role": role, **row})
    order = list(ContactRole.values)
    return sorted(found, key=lambda each: order.index(each["role"]))


def _wrong_contact(row: Mapping[str, str]) -> Iterable[str]:
    if not row["name"] or len(row["name"]) > 30:
        yield _("Write the name, at most 30 characters.")
    if not _PHONE.match(row["phone"]):
        yield _("Write the telephone number in digits, like 0731-12345678.")
    try:
        if len(row["email"]) > 100:
            raise ValidationError("")
        validate_email(row["email"])
    except ValidationError:
        yield _("Write an e-mail address like name@example.cn.")


def _check_period(content: Content, at: datetime, problems: Problems) -> None:
    today = timezone.localdate(at)
    if content.ends_on <= content.starts_on:
        problems.append(("ends_on", _("The end lies after the start.")))
    elif content.ends_on <= today:
        problems.append(("ends_on", _("The end has passed already.")))
    elif content.ends_on > _years_after(content.starts_on, MOST_YEARS):
        sentence = _("At most %(years)s years: apply again before they end.")
        problems.append(("ends_on", sentence % {"years": MOST_YEARS}))
    if content.starts_on > today + timedelta(days=366):
        problems.append(("starts_on", _("Begin within a year: prices and plans change.")))


def _years_after(day: date, years: int) -> date:
    year = min(day.year + years, MAXYEAR)
    try:
        return day.replace(year=year)
    except ValueError:  # the 29th of February
        return day.replace(year=year, day=28)
