"""The catalogue in the platform's console: entries are edited, states are steps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from openapi_gateway.access import catalogue
from openapi_gateway.access.choices import CatalogueState
from openapi_gateway.access.models import Plan, Scope, Service, ServiceVersion
from operators.admin_base import DialogForm, ModelAdmin, action, badge, display
from operators.sites import platform_site

COLOURS = {
    CatalogueState.DRAFT: "", CatalogueState.PUBLISHED: "success",
    CatalogueState.DEPRECATED: "warning", CatalogueState.CLOSED: "",
}  # fmt: skip
LEVELS = {"A1": "info", "A2": "warning"}


class SunsetForm(DialogForm):
    sunset_on = forms.DateField(
        label=pgettext_lazy("service version", "last day"),
        widget=forms.DateInput(attrs={"type": "date", "class": "fx-day"}),
        help_text=_("At least 30 days ahead; served to the end of that day."),
    )  # fmt: skip
    replacement = forms.ModelChoiceField(
        label=_("replaced by"), queryset=ServiceVersion.objects.none(), required=False,
        empty_label=_("nothing"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["replacement"]
        field.queryset = ServiceVersion.objects.select_related("service").filter(
            state=CatalogueState.PUBLISHED
        )


class EntryAdmin(ModelAdmin):
    class Media:
        css = {"all": ("console/review.css", "console/gateway_access.css")}

    def _in_state(self, request: HttpRequest, object_id: Any, state: CatalogueState) -> bool:
        found = self.get_object(request, str(object_id)) if object_id else None
        may = self.has_change_permission(request, found)
        return bool(may and found is not None and found.state == state)

    def has_publish_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._in_state(request, object_id, CatalogueState.DRAFT)

    def has_deprecate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._in_state(request, object_id, CatalogueState.PUBLISHED)

    def has_close_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._in_state(request, object_id, CatalogueState.DEPRECATED)

    @display(description=_("state"), ordering="state", label=COLOURS)
    def shown_state(self, entry: Any) -> tuple[str, Any]:
        return entry.state, entry.get_state_display()

    @display(description=_("clients with grants"))
    def shown_holders(self, entry: Any) -> int:
        return len(catalogue.clients_on(entry)) if entry.pk else 0

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {name: request.GET[name] for name in ("service", "version") if name in request.GET}


@admin.register(Service, site=platform_site)
class ServiceAdmin(ModelAdmin):
    list_display = ("name", "code", "shown_level", "shown_versions", "summary", "position")
    search_fields = ("name", "code")
    fields = ("name", "code", "level", "summary", "icon", "position")
    ordering = ("position", "code")
    change_form_outer_after_template = "gateway/access/service_parts.html"

    class Media:
        css = {"all": ("console/review.css", "console/gateway_access.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(version_count=Count("versions"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        published = obj.versions.exclude(state=CatalogueState.DRAFT)
        return ("code", "level") if published.exists() else ("code",)

    @display(description=_("level"), ordering="level")
    def shown_level(self, service: Service) -> SafeString:
        return badge(service.level, LEVELS[service.level])

    @display(description=_("versions"), ordering="version_count")
    def shown_versions(self, service: Any) -> int:
        return int(service.version_count)

    def save_through(self, request: HttpRequest, obj: Service, form: Any, change: bool) -> None:
        catalogue.save_service(actor=_actor(request), service=obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        service = kwargs.get("obj")
        if service is not None:
            context["versions"] = [
                (version, COLOURS[CatalogueState(version.state)], _plans(version))
                for version in service.versions.order_by("version")
            ]
            context["scopes"] = service.scopes.order_by("code")
            context["may_add"] = self.has_change_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)


def _plans(version: ServiceVersion) -> list[tuple[Plan, str]]:
    plans = version.plans.order_by("month_quota")
    return [(plan, COLOURS[CatalogueState(plan.state)]) for plan in plans]


@admin.register(ServiceVersion, site=platform_site)
class VersionAdmin(EntryAdmin):
    list_display = ("service", "version", "api_id", "shown_state", "sunset_on", "shown_holders")
    list_filter = ("service", "state")
    search_fields = ("api_id", "service__name")
    list_select_related = ("service",)
    fieldsets: Any = (
        (_("Service version"), {"fields": ("service", "version", "api_id", "documentation")}),
        (
            _("State"),
            {
                "fields": (
                    "shown_state", "published_at", "deprecated_at", "sunset_on", "replacement",
                    "closed_at", "shown_holders", "shown_acknowledged",
                )
            },
        ),
    )  # fmt: skip
    states = (
        "shown_state", "published_at", "deprecated_at", "sunset_on", "replacement", "closed_at",
        "shown_holders", "shown_acknowledged",
    )  # fmt: skip
    actions_detail = ("publish", "deprecate", "close")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.fieldsets[:1]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None or obj.state == CatalogueState.DRAFT:
            return self.states
        return ("service", "version", "api_id", *self.states)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        is_closed = isinstance(obj, ServiceVersion) and obj.state == CatalogueState.CLOSED
        return allowed and not is_closed

    @display(description=_("acknowledged by"))
    def shown_acknowledged(self, version: ServiceVersion) -> str:
        rows = version.acknowledgements.select_related("bank").order_by("at")
        return "、".join(f"{each.bank}（{each.person_name}）" for each in rows) or "—"

    def save_through(
        self, request: HttpRequest, obj: ServiceVersion, form: Any, change: bool
    ) -> None:
        catalogue.save_version(actor=_actor(request), version=obj)

    @action(
        description=_("Publish"), permissions=["publish"], icon="publish", variant="primary",
        explanation=_("Banks can apply for it. A published version never becomes a draft again."),
        url_path="publish",
    )  # fmt: skip
    def publish(self, request: HttpRequest, form: DialogForm, object_id: str) -> None:
        catalogue.publish_version(actor=_actor(request), version=int(object_id))
        messages.success(request, gettext("Published."))

    @action(
        description=_("Deprecate"), permissions=["deprecate"], icon="event_busy",
        form_class=SunsetForm, url_path="deprecate",
        explanation=_(
            "Nobody can apply for it any more. Clients with grants are served until the last day;"
            " their banks are asked to acknowledge it."
        ),
    )  # fmt: skip
    def deprecate(self, request: HttpRequest, form: SunsetForm, object_id: str) -> None:
        catalogue.deprecate_version(
            actor=_actor(request), version=int(object_id),
            sunset_on=form.cleaned_data["sunset_on"],
            replacement=form.cleaned_data["replacement"],
        )  # fmt: skip
        messages.success(request, gettext("Deprecated: the banks see the last day."))

    @action(
        description=_("Close"), permissions=["close"], icon="block", variant="danger",
        explanation=_("From now on no call of it is served. This cannot be undone."),
        url_path="close",
    )  # fmt: skip
    def close(self, request: HttpRequest, form: DialogForm, object_id: str) -> None:
        catalogue.close_version(actor=_actor(request), version=int(object_id))
        messages.success(request, gettext("Closed."))


@admin.register(Plan, site=platform_site)
class PlanAdmin(EntryAdmin):
    list_display = (
        "name", "version", "code", "shown_state", "rate_per_second", "day_quota", "month_quota",
        "shown_holders",
    )  # fmt: skip
    list_filter = ("version", "state")
    search_fields = ("name", "code", "version__service__name")
    list_select_related = ("version__service",)
    limits = ("rate_per_second", "burst", "day_quota", "month_quota")
    fieldsets: Any = (
        (_("Plan"), {"fields": ("version", "code", "name", "summary")}),
        (_("Limits"), {"fields": limits}),
        (_("State"), {"fields": ("shown_state", "shown_holders")}),
    )
    actions_detail = ("publish", "deprecate", "close")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.fieldsets[:2]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        shown = ("shown_state", "shown_holders")
        if obj is None or obj.state == CatalogueState.DRAFT:
            return shown
        return ("version", "code", *self.limits, *shown)

    def save_through(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        catalogue.save_plan(actor=_actor(request), plan=obj)

    @action(
        description=_("Publish"), permissions=["publish"], icon="publish", variant="primary",
        explanation=_("Banks can apply for it. Its limits stay as they are from now on."),
        url_path="publish",
    )  # fmt: skip
    def publish(self, request: HttpRequest, form: DialogForm, object_id: str) -> None:
        catalogue.publish_plan(actor=_actor(request), plan=int(object_id))
        messages.success(request, gettext("Published."))

    @action(
        description=_("Deprecate"), permissions=["deprecate"], icon="event_busy",
        explanation=_("Nobody can apply for it any more; grants that name it go on."),
        url_path="deprecate",
    )  # fmt: skip
    def deprecate(self, request: HttpRequest, form: DialogForm, object_id: str) -> None:
        catalogue.deprecate_plan(actor=_actor(request), plan=int(object_id))
        messages.success(request, gettext("Deprecated."))

    @action(
        description=_("Close"), permissions=["close"], icon="block", variant="danger",
        explanation=_("Possible when no running grant names it. This cannot be undone."),
        url_path="close",
    )  # fmt: skip
    def close(self, request: HttpRequest, form: DialogForm, object_id: str) -> None:
        catalogue.close_plan(actor=_actor(request), plan=int(object_id))
        messages.success(request, gettext("Closed."))


@admin.register(Scope, site=platform_site)
class ScopeAdmin(EntryAdmin):
    list_display = ("name", "code", "service", "data_level", "summary")
    list_filter = ("service", "data_level")
    search_fields = ("name", "code")
    list_select_related = ("service",)
    fields = ("service", "code", "name", "data_level", "summary")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("service", "code", "data_level") if obj else ()

    def save_through(self, request: HttpRequest, obj: Scope, form: Any, change: bool) -> None:
        catalogue.save_scope(actor=_actor(request), scope=obj)


def _actor(request: HttpRequest) -> Any:
    return request.user


def address_of(entry: Any) -> str:
    meta = entry._meta
    return reverse(f"platform:{meta.app_label}_{meta.model_name}_change", args=[entry.pk])
