"""The guides, in the order of the site's menu, and what each of them shows beside its prose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from openapi_gateway import answers, errors
from openapi_gateway.access.choices import CatalogueState
from openapi_gateway.access.models import Plan, ServiceVersion
from openapi_gateway.base_services.identity import exchanges, tickets
from openapi_gateway.base_services.keyboard import agreement
from openapi_gateway.conformance.runs import MOST_RUNS_AN_HOUR
from openapi_gateway.conformance.suite import BY_NAME
from openapi_gateway.credentials.possession import WAYS_TO_MAKE
from openapi_gateway.credentials.rotation import LIST_VALID_FOR
from openapi_gateway.credentials.rules import MOST_OVERLAP_DAYS, OVERLAP_DAYS, REMINDER_DAYS
from openapi_gateway.developers.diagrams import drawing
from openapi_gateway.developers.offered import as_stored
from openapi_gateway.developers.worked import SECRET, worked
from openapi_gateway.signing import profile
from openapi_gateway.upstream.simulators import core, liveness
from openapi_gateway.webhooks import retrying

Facts = Mapping[str, Any]
EXAMPLES = settings.BASE_DIR / "docs" / "examples"
FILES = ("fuxiang_gateway.py", "sign.sh", "FuxiangSign.java", "conformance_run.py")


@dataclass(frozen=True, slots=True)
class Guide:
    slug: str
    title: str | Promise
    about: str | Promise
    facts: Callable[[], Facts] = dict

    @property
    def template(self) -> str:
        return f"developers/guides/{self.slug or 'start'}.html"


def example(name: str) -> str:
    """The file itself: the guide shows what the tests run."""
    return Path(EXAMPLES / name).read_text(encoding="utf-8")


def _start() -> Facts:
    return {"offered": as_stored(), "drawing": drawing("grant")}


def _signing() -> Facts:
    return {
        "worked": worked(), "profile": profile, "secret": SECRET,
        "files": [(name, example(name)) for name in FILES[:3]],
    }  # fmt: skip


def _keys() -> Facts:
    return {
        "ways": WAYS_TO_MAKE, "overlap": OVERLAP_DAYS, "most_overlap": MOST_OVERLAP_DAYS,
        "reminders": REMINDER_DAYS, "list_minutes": int(LIST_VALID_FOR.total_seconds() // 60),
    }  # fmt: skip


def _identity() -> Facts:
    return {
        "drawing": drawing("identity"), "ticket_seconds": int(tickets.LIFE.total_seconds()),
        "token_hours": int(exchanges.LIFE.total_seconds() // 3600),
    }  # fmt: skip


def _limits() -> Facts:
    plans = Plan.objects.filter(state=CatalogueState.PUBLISHED).select_related("version__service")
    return {
        "plans": plans.order_by("version__service__position", "month_quota"),
        "sandbox_rate": settings.SANDBOX_CALLS_PER_SECOND,
    }


def _idempotency() -> Facts:
    codes = (errors.IDEM_MISSING, errors.IDEM_IN_PROGRESS, errors.IDEM_REUSED)
    return {
        "hours": int(answers.KEPT.total_seconds() // 3600), "most": answers.MAX_KEY,
        "problems": [errors.CATALOGUE[code] for code in codes],
    }  # fmt: skip


def _webhooks() -> Facts:
    return {"kinds": KINDS, "delays": [_spoken(each) for each in retrying.DELAYS]}


def _spoken(seconds: int) -> str:
    for unit, length in ((pgettext("duration", "h"), 3600), (pgettext("duration", "min"), 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} {pgettext('duration', 's')}"


def _changes() -> Facts:
    rows = ServiceVersion.objects.select_related("service", "replacement")
    shown = (CatalogueState.PUBLISHED, CatalogueState.DEPRECATED)
    return {"versions": rows.filter(state__in=shown)}


def _pins() -> list[tuple[str, str]]:
    return list(core.PINS.items())


def _sandbox() -> Facts:
    results = [(word, found[1], found[2]) for word, found in liveness.RESULTS.items()]
    return {"results": results, "pins": _pins(), "usual_pin": core.USUAL_PIN}


KINDS: tuple[tuple[str, str | Promise], ...] = (
    ("application.decided", _("An application was approved, returned or rejected.")),
    ("grant.changed", _("A grant was opened, suspended, resumed or ended.")),
    ("key.expiring", _("A key expires soon.")),
    ("liveness.finished", _("A liveness session has its result; read it by a signed call.")),
    ("identity.stepped_up", _("A step-up was settled.")),
    ("test", _("Sent by hand from the bank's console.")),
)
MENU: tuple[tuple[str | Promise, tuple[Guide, ...]], ...] = (
    (
        _("First steps"),
        (
            Guide("", _("Overview"), _("What there is, and the way to it"), _start),
            Guide("sandbox", _("Sandbox and test data"), _("Try every outcome"), _sandbox),
            Guide(
                "conformance", _("Conformance suite"), _("What opens production"),
                lambda: {
                    "cases": list(BY_NAME.values()), "file": example("conformance_run.py"),
                    "most_runs": MOST_RUNS_AN_HOUR,
                },
            ),
        ),
    ),
    (
        _("Security"),
        (
            Guide("signing", _("Signing"), _("Step by step, with numbers"), _signing),
            Guide("keys", _("Keys"), _("Make, prove, rotate, revoke"), _keys),
            Guide("idempotency", _("Idempotency"), _("Send again safely"), _idempotency),
            Guide("limits", _("Limits and quotas"), _("How much, how fast"), _limits),
        ),
    ),
    (
        _("Base services"),
        (
            Guide("identity", _("Identity"), _("Sign customers in"), _identity),
            Guide(
                "liveness", _("Liveness check"), _("A live person"),
                lambda: {"drawing": drawing("liveness")},
            ),
            Guide(
                "keyboard", _("Secure keyboard"), _("PINs nobody reads"),
                lambda: {
                    "drawing": drawing("keyboard"), "label": agreement.LABEL,
                    "algorithm": agreement.ALGORITHM,
                },
            ),
        ),
    ),
    (
        _("In operation"),
        (
            Guide("webhooks", _("Webhooks"), _("We call you"), _webhooks),
            Guide("changes", _("Changes and sunset"), _("What may change"), _changes),
        ),
    ),
)  # fmt: skip
GUIDES: Mapping[str, Guide] = {guide.slug: guide for _title, each in MENU for guide in each}
