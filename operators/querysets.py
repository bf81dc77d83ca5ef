from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import BaseUserManager
from django.db.models import Case, DateTimeField, F, Q, QuerySet, Value, When
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
    def get_queryset(self) -> BranchQuerySet:
        # treebeard's manager names its own class here.
        return BranchQuerySet(self.model, using=self._db).order_by("path")


def branch_scope(operator: Operator) -> str:
    """The path prefix an operator is confined to; empty = the whole bank.

    An operator of a branch role without a branch sees nothing: the prefix matches no path.
    """
    if operator.has_perm("operators.see_all_branches"):
        return ""
    return operator.branch.path if operator.branch is not None else "-"


# A failure as old as this no longer counts towards the lock.
FAILURE_MEMORY = timedelta(hours=24)


class AttemptQuerySet(QuerySet):
    """Of rows that count failed sign-ins: operators, and user names that nobody has."""

    def claim_attempt(self, at: datetime) -> bool:
        """Take one try of each row, counting it as failed before anybody looks at a password.

        One UPDATE decides, so however many arrive at once, no more than the limit get through.
        """
        fresh_start = Q(locked_until__isnull=False) | Q(last_failed_at__lte=at - FAILURE_MEMORY)
        last_try = Q(failed_sign_ins__gte=settings.SIGN_IN_MAX_FAILURES - 1)
        locked = Value(at + timedelta(minutes=settings.SIGN_IN_LOCK_MINUTES))
        free = self.filter(Q(locked_until=None) | Q(locked_until__lte=at))
        claimed = free.update(
            failed_sign_ins=Case(When(fresh_start, then=1), default=F("failed_sign_ins") + 1),
            locked_until=Case(
                When(~fresh_start & last_try, then=locked),
                default=None,
                output_field=DateTimeField(),
            ),
            last_failed_at=at,
        )
        return claimed > 0

    def forget_failures(self) -> int:
        return self.update(failed_sign_ins=0, last_failed_at=None, locked_until=None)


class OperatorQuerySet(AttemptQuerySet):
    def enabled(self) -> OperatorQuerySet:
        return self.filter(is_active=True)

    def disabled(self) -> OperatorQuerySet:
        return self.filter(is_active=False)

    def locked(self, at: datetime) -> OperatorQuerySet:
        return self.filter(is_active=True, locked_until__gt=at)

    def with_role(self, role: str) -> OperatorQuerySet:
        return self.filter(groups__name=role)

    def in_scope_of(self, operator: Operator) -> OperatorQuerySet:
        path = branch_scope(operator)
        return self.all() if path == "" else self.filter(branch__path__startswith=path)


class OperatorManager(BaseUserManager.from_queryset(OperatorQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> Operator:
        return self.get(username=(username or "").lower())

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> Operator:
        operator = self.model(username=self.model.normalize_username(username).lower(), **fields)
        operator.set_password(password)
        operator.password_changed_at = timezone.now() if password else None
        operator.save(using=self._db)
        return operator
