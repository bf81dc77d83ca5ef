"""Access applications: a bank writes them, the platform's people decide on them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from openapi_gateway.access import application_pages as pages
from openapi_gateway.access import services
from openapi_gateway.access.application_pages import ApplicationPages, Verb
from openapi_gateway.access.choices import (
    EDITABLE_APPLICATIONS,
    UNDER_REVIEW,
    ApplicationState,
)
from openapi_gateway.access.finding import is_idle, standing_of
from openapi_gateway.access.forms import ApplicationForm
from openapi_gateway.access.inbox import is_waiting_for, with_decisions
from openapi_gateway.access.models import Application
from openapi_gateway.access.showing import STATE_COLOURS
from operators.admin_base import ModelAdmin, Tab, badge, display
from operators.sites import bank_site, platform_site

REVIEWED = pgettext_lazy("access application", "under review")


def _tab(state: ApplicationState, condition: Q | None = None) -> Tab:
    return Tab(state.value, state.label, Q(state=state) & (condition or Q()))


class ApplicationLists(ApplicationPages):
    """What both consoles list."""

    list_filter: Any = ("client", "level", "submitted_at")
    search_fields: Any = ("client__name", "client__app_id", "purpose")
    search_help_text = _("Client or purpose")
    ordering: Any = ("-touched_at", "-id")

    class Media:
        css = {"all": ("console/review.css", "console/gateway_access.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows: QuerySet = super().get_queryset(request)  # type: ignore[misc]
        return rows.select_related("bank", "client").prefetch_related(
            "services__plan__version__service"
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("client"), ordering="client__name")
    def shown_client(self, application: Application) -> str:
        return application.client.name

    @display(description=_("base services"))
    def shown_services(self, application: Application) -> str:
        wanted = application.services.all()
        return "、".join(str(each.plan.version.service) for each in wanted) or "—"

    @display(description=_("level"), ordering="level")
    def shown_level(self, application: Application) -> SafeString:
        return badge(application.level, "warning" if application.level == "A2" else "info")

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def shown_state(self, application: Application) -> tuple[str, Any]:
        standing = standing_of(application, timezone.now())
        return standing, standing.label

    @display(description=pgettext_lazy("access application", "period"), ordering="ends_on")
    def shown_period(self, application: Application) -> str:
        return f"{application.starts_on} – {application.ends_on}"


@admin.register(Application, site=bank_site)
class BankApplicationAdmin(ApplicationLists, ModelAdmin):
    form = ApplicationForm
    list_display = (
        "shown_client", "shown_services", "shown_level", "shown_state", "shown_period",
        "applicant_name", "touched_at",
    )  # fmt: skip
    empty_hint = _(
        "Apply for base services with “Add”: for which product, for what, from which addresses. Two"
        " people of the platform decide; then the sandbox opens."
    )
    fieldsets: Any = (
        (_("What it is for"), {"fields": ("client", "purpose", "scenes", "opened_version")}),
        (_("Base services"), {"fields": ("services", "data_levels")}),
        (pgettext_lazy("access application", "Period"), {"fields": ("starts_on", "ends_on")}),
        (
            _("Environments and addresses"),
            {
                "fields": (
                    "production", "addresses_production", "callback_urls_production",
                    "addresses_sandbox", "callback_urls_sandbox",
                )
            },
        ),
        (_("Contacts"), {"fields": ("contacts",)}),
    )  # fmt: skip
    change_form_outer_before_template = "gateway/access/standing.html"
    change_form_outer_after_template = "gateway/access/after_form.html"

    @property
    def verbs(self) -> dict[str, tuple[Verb, Any]]:
        return {
            **super().verbs,
            "submit": (pages.submit, _("Submitted: the platform's people review it.")),
            "withdraw": (pages.withdraw, _("Withdrawn.")),
            "attach": (pages.attach, _("Attached.")),
            "detach": (pages.detach, _("Taken out.")),
        }

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(bank=request.tenant)  # type: ignore[attr-defined]

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        alive = ~is_idle(timezone.now())
        return [
            Tab("all", _("All")),
            Tab("ours", _("to be written"), Q(state__in=EDITABLE_APPLICATIONS) & alive),
            Tab("review", REVIEWED, Q(state__in=UNDER_REVIEW) & alive),
            _tab(ApplicationState.APPROVED),
        ]

    # --- form -------------------------------------------------------------------------------------
    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        found = self.get_object(request, unquote(object_id))
        if found is None:
            raise Http404
        if self.has_change_permission(request, found):
            return super().change_view(request, object_id, *args, **kwargs)
        if request.method == "POST":
            messages.error(request, gettext("This application can no longer be edited."))
            return HttpResponseRedirect(self.address(found.pk))
        return require_safe(self.show)(request, object_id)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        if not isinstance(obj, Application):
            return allowed
        return allowed and standing_of(obj, timezone.now()) in EDITABLE_APPLICATIONS

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "client":
            # Another bank's clients are no choice, and closed ones neither.
            kwargs["queryset"] = db_field.remote_field.model.objects.filter(
                bank=request.tenant, state="active"  # type: ignore[attr-defined]
            )  # fmt: skip
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_through(self, request: HttpRequest, obj: Application, form: Any, change: bool) -> None:
        actor: Any = request.user
        client = form.cleaned_data["client"]
        if change:
            services.edit_application(
                actor=actor, application=obj.pk, client=client,
                version=form.cleaned_data["opened_version"] or 0, **form.given,
            )  # fmt: skip
            return
        bank: Any = request.tenant  # type: ignore[attr-defined]
        begun = services.begin_application(actor=actor, bank=bank, client=client, **form.given)
        obj.pk = begun.pk

    def response_add(
        self, request: HttpRequest, obj: Application, post_url_continue: Any = None
    ) -> HttpResponse:
        """On to the draft's own page: attachments, then submitting."""
        messages.success(
            request, gettext("The draft is saved. Add the attachments, then submit it.")
        )
        return HttpResponseRedirect(self.address(obj.pk))

    def response_change(self, request: HttpRequest, obj: Application) -> HttpResponse:
        messages.success(request, gettext("Saved."))
        return HttpResponseRedirect(self.address(obj.pk))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        found = kwargs.get("obj")
        if found is not None:
            context.update(self.page_context(request, found))
        context["show_save_and_continue"] = False
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Application, site=platform_site)
class PlatformApplicationAdmin(ApplicationLists, ModelAdmin):
    list_display = (
        "shown_client", "bank", "shown_services", "shown_level", "shown_state", "round",
        "submitted_at", "shown_steps",
    )  # fmt: skip
    list_filter = ("bank", "level", "submitted_at")
    search_fields = ("client__name", "client__app_id", "bank__name", "purpose")
    search_help_text = _("Client, bank or purpose")
    empty_hint = _("Applications appear here once a bank has submitted them.")

    @property
    def verbs(self) -> dict[str, tuple[Verb, Any]]:
        return {
            **super().verbs,
            "take_up": (pages.take_up, _("In review: the bank sees it.")),
            "decide": (pages.decide, _("Your decision is recorded.")),
        }

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """A draft is the bank's own until it has been submitted once."""
        operator: Any = request.user
        return with_decisions(super().get_queryset(request).exclude(round=0), operator)

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        operator: Any = request.user
        at = timezone.now()
        return [
            Tab("waiting", _("waiting for my review"), is_waiting_for(operator, at)),
            Tab("review", REVIEWED, Q(state__in=UNDER_REVIEW) & ~is_idle(at)),
            _tab(ApplicationState.RETURNED, ~is_idle(at)),
            _tab(ApplicationState.APPROVED),
            Tab("all", _("All")),
        ]

    @display(description=_("passed reviews"))
    def shown_steps(self, application: Any) -> str:
        done = int(application.passed_technical) + int(application.passed_compliance)
        return f"{done} / {2 if application.level == 'A2' else 1}"

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return require_safe(self.show)(request, object_id)
