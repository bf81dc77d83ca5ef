from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from operators.errors import NotAllowed
from operators.querysets import branch_scope

if TYPE_CHECKING:
    from operators.models import Operator


def require(actor: Operator | None, permission: str) -> None:
    """Raise ``NotAllowed`` unless the person holds "app.codename" in the schema at hand.

    Strict: neither nobody nor a disabled operator nor a person of another schema may do anything.
    What the system itself does must not come through here.
    """
    if actor is None or not actor.has_perm(permission):
        raise NotAllowed(_("You are not allowed to do this."))


def require_branch(actor: Operator, path: str) -> None:
    """Raise ``NotAllowed`` unless ``path`` (empty = whole bank) lies in the person's subtree."""
    if not path.startswith(branch_scope(actor)):
        raise NotAllowed(_("This belongs to another branch."))
