"""What the pages of templates and of banks' settings share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from operators.admin_base import ModelAdmin, Tab, display
from publishing import locks, registry
from publishing.admin_drafts import DraftActionsMixin, DraftPagesMixin
from publishing.governed import contents, services
from publishing.stages import with_stage


class GovernedAdmin(DraftActionsMixin, DraftPagesMixin, ModelAdmin):
    """One row per registered group: nobody adds or deletes one."""

    kind_name: str
    # One at a time: taking several groups of settings off at once makes no sense.
    actions = ()
    ordering = ("name",)
    show_add_link = False
    explanation: str | Promise = ""
    change_form_outer_before_template = "publishing/governed/standing.html"
    change_form_outer_after_template = "publishing/governed/after.html"

    class Media:
        css = {"all": ("console/review.css", "console/announcements.css", "console/governed.css")}
        js = ("console/governed.js",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def status_tabs(self, request: HttpRequest) -> Sequence[Tab]:
        return ()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """A template or a bank's settings go one by one."""
        return {}

    def has_submit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Not before anybody has written into it."""
        draft = self._draft(request, object_id)
        written = draft is not None and draft.version > 1
        return written and super().has_submit_permission(request, object_id)

    def get_queryset(self, request: HttpRequest) -> Any:
        names = [group.name for group in locks.groups()]
        found = super().get_queryset(request).filter(name__in=names).select_related("edited_by")
        return with_stage(found, registry.get(self.kind_name), timezone.now())

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Whoever may draft finds a row for every group; it is made when first looked for."""
        if self.has_change_permission(request):
            services.begin_all(actor=request.user)  # type: ignore[arg-type]
        return super().changelist_view(request, extra_context)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """None: the settings stand in their own rows, below."""
        return ()

    @display(description=_("group of settings"), ordering="name")
    def shown_name(self, draft: Any) -> str:
        return str(contents.group_named(draft.name).label)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        draft = kwargs.get("obj")
        if draft is not None:
            form = context["adminform"].form
            editable = self.has_change_permission(request, draft)
            context |= self.standing(request, draft)
            context |= {"explanation": self.explanation, "editable": editable}
            context |= self.page_context(request, draft, form, editable)
        return super().render_change_form(request, context, *args, **kwargs)

    def page_context(
        self, request: HttpRequest, draft: Any, form: Any, editable: bool
    ) -> dict[str, Any]:
        raise NotImplementedError

    def address_of(self, page: str, *which: object) -> str:
        name = f"{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(f"{self.admin_site.name}:{name}", args=which)

    def _shown(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        chrome = {**self.admin_site.each_context(request), "opts": self.opts, "is_fullwidth": "1"}
        return TemplateResponse(request, template, {**chrome, **context})
