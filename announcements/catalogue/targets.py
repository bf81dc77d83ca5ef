"""App functions as targets of links."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from announcements.catalogue.models import AppFunction
from publishing.links import Target, TargetKind, register

KIND = "function"


def _choices(_branch_path: str) -> Sequence[Target]:
    return [_target(each) for each in AppFunction.objects.all()]


def _find(code: str) -> Target | None:
    found = AppFunction.objects.filter(code=code).first()
    return _target(found) if found is not None else None


def _target(function: AppFunction) -> Target:
    return Target(function.code, f"{function.get_group_display()} · {function.name}")


def register_targets() -> None:
    register(TargetKind(KIND, _("app function"), _choices, _find))
