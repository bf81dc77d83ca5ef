from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import BaseUserManager
from django.db.models import Q
from django.utils import timezone
from treebeard.mp_tree import MP_NodeManager, MP_NodeQuerySet

if TYPE_CHECKING:
    from operators.models import Operator


class BranchQuerySet(MP_NodeQuerySet):
    def visible_to(self, operator: Operator) -> BranchQuerySet:
        """The operator's own subtree; everything for those who may see every branch."""
        path = branch_scope(operator)
        return self if path == "" else self.filter(path__startswith=path)


class BranchManager(MP_NodeManager.from_queryset(BranchQuerySet)):  # type: ignore[misc]
    pass


def branch_scope(operator: Operator) -> str:
    """The path prefix an operator is confined to; empty = the whole bank.

    An operator of a branch role without a branch sees nothing: the prefix matches no path.
    """
    if operator.has_perm("operators.see_all_branches"):
        return ""
    return operator.branch.path if operator.branch is not None else "-"


class OperatorManager(BaseUserManager):
    def get_by_natural_key(self, username: str | None) -> Operator:
        return self.get(username=(username or "").lower())

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> Operator:
        operator = self.model(username=self.model.normalize_username(username).lower(), **fields)
        operator.set_password(password)
        operator.password_changed_at = timezone.now() if password else None
        operator.save(using=self._db)
        return operator

    def in_scope_of(self, operator: Operator) -> Any:
        path = branch_scope(operator)
        return self.all() if path == "" else self.filter(Q(branch__path__startswith=path))
