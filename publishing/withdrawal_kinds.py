"""The approval of several withdrawals at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.registry import DiffRow, Kind
from approvals.wording import moment
from publishing import errors, issuing, registry, withdrawals
from publishing.choices import PublicationAction, RequestKind, Stage
from publishing.envelopes import to_moment

if TYPE_CHECKING:
    from datetime import datetime

    from approvals.models import Request
    from operators.models import Operator


class BulkWithdrawalKind(Kind):
    name = RequestKind.BULK_WITHDRAWAL
    label = gettext_lazy("withdrawal of several")
    approve_permission = "publishing.approve_publication"

    def submit_permission_for(self, payload: dict[str, Any]) -> str:
        return registry.get(payload["items"][0]["kind"]).change_permission

    def concerns_other_branches(self, request: Request) -> bool:
        items = (request.before or {}).get("items", [])
        return any(not item["branch_path"].startswith(request.branch_path) for item in items)

    def check(self, *, target_id: str, payload: dict[str, Any], at: datetime) -> None:
        gone = [
            publication.title
            for publication in withdrawals.newest_of(payload["items"])
            if publication.action == PublicationAction.WITHDRAW
        ]
        if gone:
            raise errors.NotPublished(
                _("“%(titles)s” has been withdrawn meanwhile. Choose the others anew.")
                % {"titles": "”、“".join(gone)}
            )

    def lock(self, target_id: str) -> None:
        issuing.lock_head()

    def current_state(self, target_id: str) -> dict[str, Any]:
        newest = withdrawals.newest_of(withdrawals.items_of(target_id))
        return {"items": [withdrawals.item_of(publication) for publication in newest]}

    def current_digest(self, target_id: str) -> str:
        return withdrawals.digest_of(withdrawals.newest_of(withdrawals.items_of(target_id)))

    def describe(self, request: Request) -> list[DiffRow]:
        return [_row(item) for item in (request.before or request.payload)["items"]]

    def apply(self, request: Request, *, actor: Operator, at: datetime) -> None:
        for publication in withdrawals.newest_of(request.payload["items"]):
            issuing.withdraw(publication, request=request, actor=actor, at=at)
        issuing.compile_head(at)

    def review_extra(self, request: Request) -> dict[str, Any]:
        return {"preview_url": registry.preview_address(request)}


def _row(item: dict[str, Any]) -> DiffRow:
    words = {
        "title": item["title"],
        "version": item["version"],
        "branch": item["branch_name"] or _("whole bank"),
        "starts": moment(to_moment(item["starts_at"]), ""),
        "ends": moment(to_moment(item["ends_at"]), _("until withdrawn")),
    }
    stands = _("%(title)s (version %(version)s) · %(branch)s · %(starts)s – %(ends)s") % words
    return DiffRow(
        registry.get(item["kind"]).label, stands, str(Stage.WITHDRAWN.label), changed=True
    )
