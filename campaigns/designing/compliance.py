"""What the compliance check looks at in a campaign, a bank's own or the province's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.choices import ConditionKind
from coupons.terms.compliance import is_of_deposits
from coupons.terms.scenes import describe_scene
from publishing.compliance.subjects import Subject, Text, only


def describe(envelope: dict[str, Any]) -> Subject:
    payload = envelope["payload"]
    return subject_of(payload, rules=payload["rules"])


def subject_of(words: Mapping[str, Any], *, rules: str | None) -> Subject:
    """``words``: of a payload; what is missing there is not said."""
    return Subject(
        texts=texts_of(words),
        rules=rules,
        # No campaign is for senior mode: should one ever be marked so, the check says no.
        for_seniors=words.get("for_seniors"),
        advertises=True,
        is_gift=True,
        deposit_ties=tuple(_ties(words.get("conditions") or ())),
    )


def texts_of(words: Mapping[str, Any]) -> tuple[Text, ...]:
    return only(
        [
            (gettext_lazy("in one sentence"), words.get("summary") or ""),
            (gettext_lazy("word on the button"), words.get("button") or ""),
        ]
    )


def _ties(conditions: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for condition in conditions:
        if condition.get("kind") != ConditionKind.SCENE:
            continue
        for scene in condition.get("values", ()):
            if is_of_deposits(scene):
                yield _("condition, scene: %(scene)s") % {"scene": describe_scene(scene)}
