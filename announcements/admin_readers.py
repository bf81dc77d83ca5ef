"""Who has read a must-read announcement. Receipts live in banks, so only banks show them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from announcements.models import Announcement
from announcements.reading import PERMISSION, export_unread, read_figures, unread_page


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
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]
        name = "announcements_announcement"
        return [
            path(
                "<int:draft_id>/unread/",
                wrap(require_safe(self.unread_view)),
                name=f"{name}_unread",
            ),
            path(
                "<int:draft_id>/unread/export/",
                wrap(require_POST(self.unread_export_view)),
                name=f"{name}_unread_export",
            ),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def unread_view(self, request: HttpRequest, draft_id: int) -> HttpResponse:
        draft = self._with_readers(request, draft_id)
        after = request.GET.get("after", "")[:32].replace("\x00", "")
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "original": draft,
            "title": _("Who has not read it"),
            "draft": draft,
            "figures": read_figures(draft.uid, _path(draft)),
            "page": unread_page(
                actor=request.user,  # type: ignore[arg-type]
                announcement_uid=draft.uid,
                branch_path=_path(draft),
                after=after,
            ),
            "is_first_page": not after,
            "draft_address": self._address("change", draft),
            "export_address": self._address("unread_export", draft),
        }
        return TemplateResponse(request, "announcements/unread.html", context)

    def unread_export_view(self, request: HttpRequest, draft_id: int) -> HttpResponse:
        draft = self._with_readers(request, draft_id)
        file = export_unread(
            actor=request.user,  # type: ignore[arg-type]
            announcement_uid=draft.uid,
            title=draft.title,
            branch_path=_path(draft),
        )
        return FileResponse(
            file, as_attachment=True, filename=_file_name(draft.uid), content_type="text/csv"
        )

    def _with_readers(self, request: HttpRequest, draft_id: int) -> Announcement:
        draft = self.get_object(request, str(draft_id))  # type: ignore[attr-defined]
        if draft is None or not self._has_readers(draft):
            raise Http404
        if not request.user.has_perm(PERMISSION):  # type: ignore[union-attr]
            raise PermissionDenied
        return draft

    def _address(self, page: str, draft: Announcement) -> str:
        site = self.admin_site.name  # type: ignore[attr-defined]
        return reverse(f"{site}:announcements_announcement_{page}", args=[draft.pk])


def _path(draft: Announcement) -> str:
    return draft.branch.path if draft.branch is not None else ""


def _file_name(uid: UUID) -> str:
    return f"unread-{str(uid)[:8]}.csv"
