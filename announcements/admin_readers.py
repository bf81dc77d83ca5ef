"""Who has read a must-read announcement. Receipts live in banks, so only banks show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from announcements.models import Announcement
from announcements.province import province_announcements
from announcements.reading import PERMISSION, export_unread, read_figures, unread_page
from operators.querysets import branch_scope

NAME = "announcements_announcement"


@dataclass(frozen=True, slots=True)
class Subject:
    """A must-read announcement, the bank's or the province's, and whose reading is looked at."""

    uid: UUID
    title: str
    branch_path: str
    back_address: str
    export_address: str


class ReadersMixin:
    """For the admin of announcements."""

    def readers_context(self, request: HttpRequest, draft: Announcement) -> dict[str, Any]:
        if not self._has_readers(draft):
            return {}
        return {
            "figures": read_figures(draft.uid, _path(draft)),
            "may_see_readers": request.user.has_perm(PERMISSION),  # type: ignore[union-attr]
        }

    def _has_readers(self, draft: Announcement) -> bool:
        in_bank = self.admin_site.name == "bank"  # type: ignore[attr-defined]
        return in_bank and draft.must_read and draft.published_version is not None

    def get_urls(self) -> list[Any]:
        pages: list[tuple[str, Any, str]] = [
            ("<int:draft_id>/unread/", require_safe(self.unread_view), "unread"),
            ("<int:draft_id>/unread/export/", require_POST(self.export_view), "unread_export"),
        ]
        if self.admin_site.name == "bank":  # type: ignore[attr-defined]
            pages += [
                ("province/", require_safe(self.province_view), "province"),
                ("province/<uuid:uid>/unread/", require_safe(self.unread_view), "province_unread"),
                (
                    "province/<uuid:uid>/unread/export/",
                    require_POST(self.export_view),
                    "province_export",
                ),
            ]
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]
        own = [path(route, wrap(view), name=f"{NAME}_{name}") for route, view, name in pages]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    # --- pages -------------------------------------------------------------------------------
    def province_view(self, request: HttpRequest) -> HttpResponse:
        """What the province tells this bank's customers, and how many have confirmed it."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        found = province_announcements(
            at=timezone.now(),
            branch_path=branch_scope(request.user),  # type: ignore[arg-type]
        )
        context = {
            "title": _("Province-wide announcements"),
            "announcements": found,
            "may_see_readers": request.user.has_perm(PERMISSION),  # type: ignore[union-attr]
            "may_see_figures": not branch_scope(request.user),  # type: ignore[arg-type]
        }
        return self._readers_page(request, "announcements/province.html", context)

    def unread_view(self, request: HttpRequest, **which: Any) -> HttpResponse:
        subject = self._subject(request, **which)
        after = request.GET.get("after", "")[:32].replace("\x00", "")
        context = {
            "title": _("Who has not read it"),
            "subject": subject,
            "figures": read_figures(subject.uid, subject.branch_path),
            "page": unread_page(
                actor=request.user,  # type: ignore[arg-type]
                announcement_uid=subject.uid,
                branch_path=subject.branch_path,
                after=after,
            ),
            "is_first_page": not after,
        }
        return self._readers_page(request, "announcements/unread.html", context)

    def export_view(self, request: HttpRequest, **which: Any) -> FileResponse:
        subject = self._subject(request, **which)
        file = export_unread(
            actor=request.user,  # type: ignore[arg-type]
            announcement_uid=subject.uid,
            title=subject.title,
            branch_path=subject.branch_path,
        )
        name = f"unread-{str(subject.uid)[:8]}.csv"
        return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv")

    def _readers_page(
        self, request: HttpRequest, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        common = self.admin_site.each_context(request)  # type: ignore[attr-defined]
        opts = self.opts  # type: ignore[attr-defined]
        return TemplateResponse(request, template, {**common, "opts": opts, **context})

    # --- whose reading -----------------------------------------------------------------------
    def _subject(
        self, request: HttpRequest, draft_id: int | None = None, uid: UUID | None = None
    ) -> Subject:
        subject = self._of_province(request, uid) if uid else self._of_bank(request, draft_id)
        if subject is None:
            raise Http404
        if not request.user.has_perm(PERMISSION):  # type: ignore[union-attr]
            raise PermissionDenied
        return subject

    def _of_bank(self, request: HttpRequest, draft_id: int | None) -> Subject | None:
        draft = self.get_object(request, str(draft_id))  # type: ignore[attr-defined]
        if draft is None or not self._has_readers(draft):
            return None
        back, export = self._address("change", draft.pk), self._address("unread_export", draft.pk)
        return Subject(draft.uid, draft.title, _path(draft), back, export)

    def _of_province(self, request: HttpRequest, uid: UUID) -> Subject | None:
        scope = branch_scope(request.user)  # type: ignore[arg-type]
        for each in province_announcements(at=timezone.now(), branch_path=scope):
            if each.uid == uid and each.must_read:
                back, export = self._address("province"), self._address("province_export", uid)
                return Subject(uid, each.title, scope, back, export)
        return None

    def _address(self, page: str, *which: object) -> str:
        site = self.admin_site.name  # type: ignore[attr-defined]
        return reverse(f"{site}:{NAME}_{page}", args=which)


def _path(draft: Announcement) -> str:
    return draft.branch.path if draft.branch is not None else ""
