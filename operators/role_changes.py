"""A role change needs a second person. Review stands above this room and registers here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from django.utils.translation import gettext_lazy as _

from operators.errors import OperatorError

if TYPE_CHECKING:
    from operators.models import Operator


class Submitter(Protocol):
    def __call__(self, *, actor: Operator, operator: Operator, roles: list[str], note: str) -> Any:
        """Put the change before a second person, in the caller's transaction; gives the request.

        On approval, ``operators.services.apply_role_change`` is called with the same roles.
        """


_submitters: list[Submitter] = []


def register_submitter(submitter: Submitter) -> None:
    _submitters[:] = [submitter]


def submit(*, actor: Operator, operator: Operator, roles: list[str], note: str) -> Any:
    if not _submitters:
        raise OperatorError(_("Nobody can review a role change: the review room is not set up."))
    return _submitters[0](actor=actor, operator=operator, roles=roles, note=note)
