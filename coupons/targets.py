"""Coupon templates as targets of links: those that customers may claim now."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.context import current_schema
from coupons.models import TemplateAccount
from operators.roles import is_platform
from publishing.links import Target, TargetKind, register

KIND = "coupon_template"


def _choices(branch_path: str) -> Sequence[Target]:
    if is_platform(current_schema()):
        return []
    mine = Q(branch_path="") | Q(branch_path__startswith=branch_path)
    return [_target(each) for each in _live().filter(mine).order_by("code")]


def _find(code: str) -> Target | None:
    if is_platform(current_schema()):
        return None
    found = _live().filter(code=code).first()
    return _target(found) if found is not None else None


def _live() -> QuerySet[TemplateAccount]:
    lasting = Q(ends_at=None) | Q(ends_at__gt=timezone.now())
    found = TemplateAccount.objects.filter(lasting, live_version__isnull=False)
    return found.filter(template__is_claimable=True).select_related("template")


def _target(account: TemplateAccount) -> Target:
    return Target(account.code, f"{account.template.title} · {account.code}")


def register_targets() -> None:
    register(TargetKind(KIND, _("coupon"), _choices, _find))
