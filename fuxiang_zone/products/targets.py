"""What links of the kind “zone product” lead to: a type that the bank has opened, by its code, or
one product, by its uid."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.context import current_schema
from fuxiang_zone.catalogue import targets as types
from fuxiang_zone.models import ProductAccount
from operators.roles import is_platform
from publishing.links import Target, TargetKind, register


def _choices(branch_path: str) -> Sequence[Target]:
    """Types, then what is live: of the whole bank and of one's own branches."""
    if is_platform(current_schema()):
        return types.choices(branch_path)
    shared = Q(branch_path="")
    seen = _live().filter(shared | Q(branch_path__startswith=branch_path)).order_by("product_id")
    return [*types.choices(branch_path), *map(_target, seen)]


def _find(target_id: str) -> Target | None:
    uid = _uid(target_id)
    if uid is None:
        return types.find(target_id)
    if is_platform(current_schema()):
        return None
    found = _live().filter(uid=uid).first()
    return _target(found) if found is not None else None


def _live() -> QuerySet[ProductAccount]:
    return ProductAccount.objects.filter(live_version__isnull=False).select_related("product")


def _target(account: ProductAccount) -> Target:
    return Target(str(account.uid), _("product · %(title)s") % {"title": account.product.title})


def _uid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def register_targets() -> None:
    register(TargetKind(types.KIND, gettext_lazy("zone product"), _choices, _find))
