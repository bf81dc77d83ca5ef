from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin import FieldListFilter
from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.admin.utils import get_fields_from_path, quote, unquote
from django.core.exceptions import ImproperlyConfigured
from django.db.models import DateField, Model, Value
from django.db.models.functions import Replace
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, path, reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import StackedInline as UnfoldStackedInline
from unfold.admin import TabularInline as UnfoldTabularInline
from unfold.dataclasses import UnfoldAction

from audit.errors import DomainError
from operators.admin_base.actions import guarded
from operators.admin_base.changelist import CappedPaginator, ChangeList, without_blanks
from operators.admin_base.filters import DateRangeFilter, ScopedRelatedFilter
from operators.admin_base.scoping import BranchScopeMixin
from operators.admin_base.tabs import Tab
from operators.preferences import remember_page_size

PINYIN, JOINED_PINYIN = "name_key", "name_key_joined"


class ModelAdmin(BranchScopeMixin, UnfoldModelAdmin):
    """The manners of every list and form; a room declares the rest.

    ``save_through`` hands the form to a service. Nothing can be deleted unless ``allow_delete``.
    """

    # Unfold's own looks permissions up in the database, which a check may not need.
    checks_class = ModelAdminChecks
    list_per_page = 20
    list_max_show_all = 0
    list_fullwidth = True
    list_filter_submit = True
    show_full_result_count = False
    paginator = CappedPaginator
    allow_delete = False
    warn_unsaved_form = True
    # What an empty list says, and what to do about it.
    empty_hint: str | Promise = ""

    # --- lists -----------------------------------------------------------------------------------
    def status_tabs(self, request: HttpRequest) -> Sequence[Tab]:
        return ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ChangeList

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [self._filter_for(each) for each in super().get_list_filter(request)]

    def _filter_for(self, given: Any) -> Any:
        """Plain names get the filter that fits the row: two dates, or the scoped choice."""
        if not isinstance(given, str):
            return given
        field = get_fields_from_path(self.model, given)[-1]
        if isinstance(field, DateField):
            return (given, DateRangeFilter)
        if field.is_relation:
            return (given, ScopedRelatedFilter)
        return (given, FieldListFilter.create)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        request.GET = without_blanks(request.GET)  # type: ignore[assignment]
        return super().changelist_view(request, extra_context)

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        fields = super().get_search_fields(request)
        return [JOINED_PINYIN if field == PINYIN else field for field in fields]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Pinyin is stored with a blank between syllables, and typed without."""
        if JOINED_PINYIN in self.get_search_fields(request):
            joined = Replace(PINYIN, Value(" "), Value(""))
            queryset = queryset.alias(**{JOINED_PINYIN: joined})
        return super().get_search_results(request, queryset, search_term)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_page_size"
        view = self.admin_site.admin_view(require_POST(self.page_size_view))
        return [path("page-size/", view, name=name), *super().get_urls()]

    def page_size_view(self, request: HttpRequest) -> HttpResponse:
        size = request.POST.get("size", "")
        if self.has_view_permission(request) and size.isascii() and size.isdigit():
            remember_page_size(request.user, self.opts.label_lower, int(size))
        address = reverse(
            f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_changelist"
        )
        query = request.POST.get("query", "")
        return HttpResponseRedirect(f"{address}?{query}" if query else address)

    # --- what may be done ------------------------------------------------------------------------
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allow_delete and super().has_delete_permission(request, obj)

    def get_unfold_action(self, action: str) -> UnfoldAction:
        found = super().get_unfold_action(action)
        found.method = guarded(self, found.method)  # type: ignore[assignment, arg-type]
        return found

    # --- forms -----------------------------------------------------------------------------------
    def save_through(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Calls the service that saves ``obj``; a DomainError becomes a sentence above the form."""
        raise ImproperlyConfigured(f"{type(self).__name__} must save through a service.")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        self.save_through(request, obj, form, change)
        for action in self.get_actions_submit_line(request, obj.pk):
            if action.action_name in request.POST:
                action.method(request, obj)  # type: ignore[operator]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """A refusal by the service shows the same form again, with the sentence and the input."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            request.refusal = str(error.message)  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form_class = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, "refusal", "")
        return _refused(form_class, refusal) if refusal else form_class

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = kwargs.get("obj")
        context["show_history"] = obj is not None and bool(self.trail_address(request, obj))
        context["show_save_and_add_another"] = False
        if obj is not None:
            context["subtitle"], context["title"] = None, str(obj)
        return super().render_change_form(request, context, *args, **kwargs)

    # --- the audit trail takes the place of Django's log ------------------------------------------
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None: ...

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None: ...

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None: ...

    def trail_address(self, request: HttpRequest, obj: Model) -> str:
        """The audit trail, narrowed to this row; empty for those who may not read it."""
        if not request.user.has_perm("audit.view_auditevent"):  # type: ignore[union-attr]
            return ""
        try:
            trail = reverse(f"{self.admin_site.name}:audit_auditevent_changelist")
        except NoReverseMatch:
            return ""
        return f"{trail}?target_kind={obj._meta.label_lower}&target_id={quote(obj.pk)}"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        address = self.trail_address(request, obj)
        if not address:
            messages.error(request, capfirst(str(self.opts.verbose_name)))
        return HttpResponseRedirect(address or "../")


def _refused(form_class: type[ModelForm], sentence: str) -> type[ModelForm]:
    class RefusedForm(form_class):  # type: ignore[valid-type, misc]
        def _post_clean(self) -> None:
            super()._post_clean()
            self.add_error(None, sentence)

    return RefusedForm


class TabularInline(UnfoldTabularInline):
    extra = 0
    can_delete = False


class StackedInline(UnfoldStackedInline):
    extra = 0
    can_delete = False
