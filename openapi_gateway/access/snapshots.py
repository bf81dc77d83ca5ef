"""An application in words, field by field: what reviewers read, and what changed between two
rounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openapi_gateway.access.choices import ContactRole
from openapi_gateway.choices import Environment

if TYPE_CHECKING:
    from openapi_gateway.access.content import Content
    from openapi_gateway.access.models import Application

LABELS: dict[str, str | Promise] = {
    "purpose": _("purpose"),
    "scenes": _("scenes"),
    "services": _("services and scopes"),
    "data_levels": _("data levels"),
    "environments": _("environments"),
    "addresses": _("addresses"),
    "callback_urls": _("callback addresses"),
    "contacts": _("contacts"),
    "period": pgettext_lazy("access application", "period"),
    "attachments": _("attachments"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """As the difference's template wants it."""

    label: str | Promise
    before: str
    after: str
    html: bool = False

    @property
    def changed(self) -> bool:
        return self.before != self.after


def snapshot(application: Application, content: Content) -> dict[str, str]:
    """Codes, not labels, where there are codes: it is compared years later, in any language."""
    kept = application.attachments.filter(removed_at=None)
    return {
        "purpose": content.purpose,
        "scenes": "\n".join(content.scenes),
        "services": "\n".join(
            f"{wanted.plan}：{'、'.join(wanted.scopes)}" for wanted in content.services
        ),
        "data_levels": "、".join(content.data_levels),
        "environments": "、".join(content.environments),
        "addresses": _by_environment(content.addresses),
        "callback_urls": _by_environment(content.callback_urls),
        "contacts": "\n".join(
            f"{each['role']}：{each['name']} {each['phone']} {each['email']}"
            for each in content.contacts
        ),
        "period": f"{content.starts_on} – {content.ends_on}",
        "attachments": "\n".join(
            f"{each.name} {each.sha256[:8]}{' *' if each.is_risk_assessment else ''}"
            for each in kept
        ),
    }


def _by_environment(given: Mapping[str, object]) -> str:
    return "\n".join(
        f"{environment}：{'、'.join(lines)}"  # type: ignore[arg-type]
        for environment, lines in given.items()
    )


def changes_between(before: Mapping[str, str], after: Mapping[str, str]) -> list[dict[str, str]]:
    """Nothing of a first round: all of it is new."""
    if not before:
        return []
    return [
        {"field": name, "before": before.get(name, ""), "after": after.get(name, "")}
        for name in LABELS
        if before.get(name, "") != after.get(name, "")
    ]


def shown(changes: list[dict[str, str]]) -> list[Line]:
    return [
        Line(
            LABELS.get(each["field"], each["field"]),
            _worded(each["before"]),
            _worded(each["after"]),
        )
        for each in changes
    ]


def _worded(text: str) -> str:
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    """Roles and environments as people say them."""
    words = {choice.value: str(choice.label) for choice in (*Environment, *ContactRole)}
    head, colon, rest = line.partition("：")
    if colon:
        return f"{words.get(head, head)}{colon}{rest}"
    return "、".join(words.get(each, each) for each in line.split("、"))
