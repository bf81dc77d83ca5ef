"""The platform's pages about its member banks. Every change goes through the tenants room."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django_tenants.utils import tenant_context
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from operators.admin_base import ModelAdmin, ReasonForm, Tab, action, badge, display
from operators.services import NewOperator, create_first_administrator
from operators.sign_in.addresses import console_address
from operators.sites import platform_site
from tenants.choices import BankStatus, UpgradeState
from tenants.models import Bank, BankUpgrade
from tenants.services import DETAILS, change_bank_details, change_bank_status, provision_bank

STATUS_COLOURS = {
    BankStatus.ACTIVE: "success", BankStatus.ONBOARDING: "info", BankStatus.SUSPENDED: "warning",
    BankStatus.CLOSED: "danger",
}  # fmt: skip
UPGRADE_COLOURS = {
    UpgradeState.DONE: "success", UpgradeState.RUNNING: "info", UpgradeState.FAILED: "danger",
}  # fmt: skip
MAY_CHANGE = "tenants.change_bank"
WHERE = ("console", "domains", "slug", "schema")
STATE = ("status_label", "provisioned_at", "upgrade_label", "upgrade_details")


def skin_choices() -> list[tuple[str, str]]:
    """The catalogue belongs to a room above: asked by name."""
    skins = apps.get_model("announcements_catalogue", "Skin")._default_manager
    return list(skins.order_by("position").values_list("code", "name"))


class BankDetailsForm(forms.ModelForm):
    skin = forms.ChoiceField(label=_("Skin"), choices=skin_choices, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Bank
        fields = DETAILS


class NewBankForm(BankDetailsForm):
    administrator = forms.CharField(
        label=_("Administrator's username"), initial="admin", max_length=60,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("The first person of the bank. A one-time link to set the password follows."),
    )  # fmt: skip
    administrator_name = forms.CharField(
        label=_("Administrator's name"), max_length=60, widget=UnfoldAdminTextInputWidget
    )

    class Meta:
        model = Bank
        fields = ("slug", *DETAILS)
        help_texts = {
            "slug": _("Becomes the host name of the bank's console; it cannot be changed later."),
        }


@admin.register(Bank, site=platform_site)
class BankAdmin(ModelAdmin):
    list_display = ("name", "slug", "prefecture", "code", "status_label", "upgrade_label",
                    "provisioned_at")  # fmt: skip
    list_filter = ("prefecture", "skin")
    search_fields = ("name", "short_name", "name_key", "slug", "code")
    search_help_text = _("Name, pinyin, short name or bank code")
    ordering = ("name_key",)
    add_fieldsets = (
        (_("Bank"), {"fields": ("name", "short_name", "slug", "prefecture", "code", "skin")}),
        (_("First administrator"), {"fields": ("administrator", "administrator_name")}),
    )
    fieldsets = (
        (_("Bank"), {"fields": DETAILS}),
        (_("Where it is"), {"fields": WHERE}),
        (_("State"), {"fields": STATE}),
    )
    form = BankDetailsForm
    actions_detail = ("suspend", "reopen", "close")
    empty_hint = _("Open the first bank: its schema and its console are ready in a second.")

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        statuses = (Tab(status.value, status.label, Q(status=status)) for status in BankStatus)
        return [Tab("all", _("All")), *statuses]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        upgrade = BankUpgrade.objects.filter(schema_name=OuterRef("schema_name"))
        state = Subquery(upgrade.values("state")[:1])
        return super().get_queryset(request).annotate(upgrade_state=state)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        # Declared fields keep their own labels and widgets; the first administrator is no column.
        if obj is None:
            kwargs |= {"form": NewBankForm, "fields": NewBankForm.Meta.fields}
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else (*WHERE, *STATE)

    # --- a new bank ------------------------------------------------------------------------------
    def save_through(self, request: HttpRequest, obj: Bank, form: Any, change: bool) -> None:
        given = form.cleaned_data
        details = {name: given[name] for name in DETAILS}
        if change:
            change_bank_details(actor=request.user, bank=obj, **details)
            return
        made = provision_bank(actor=request.user, slug=given["slug"], **details)
        obj.__dict__.update(made.__dict__)
        with tenant_context(made):
            request.first_administrator = create_first_administrator(  # type: ignore[attr-defined]
                username=given["administrator"], name=given["administrator_name"]
            )

    def response_add(
        self, request: HttpRequest, obj: Bank, post_url_continue: Any = None
    ) -> HttpResponse:
        """The link is shown once, on the answer itself: it is stored in no session either."""
        person: NewOperator = request.first_administrator  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts, "title": _("Bank opened"), "bank": obj, "person": person.operator,
            "link": person.link,
        }  # fmt: skip
        response = TemplateResponse(request, "console/bank_opened.html", context)
        response["Cache-Control"] = "no-store"
        return response

    # --- status ----------------------------------------------------------------------------------
    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        bank = self.get_object(request, str(object_id))
        fitting = {
            BankStatus.ONBOARDING: {"reopen", "close"},
            BankStatus.ACTIVE: {"suspend", "close"},
            BankStatus.SUSPENDED: {"reopen", "close"},
        }.get(BankStatus(bank.status), set()) if bank else set()  # fmt: skip
        offered = super().get_actions_detail(request, object_id)
        return [each for each in offered if each.path in fitting]

    @action(
        description=_("Suspend"), title=_("Suspend this bank"), permissions=[MAY_CHANGE],
        explanation=_("Its console and channel API answer with a notice until it is opened again."),
        form_class=ReasonForm, icon="pause_circle", variant="warning",
    )  # fmt: skip
    def suspend(self, request: HttpRequest, form: Any, object_id: str) -> None:
        self._set_status(request, form, object_id, BankStatus.SUSPENDED)

    @action(
        description=_("Open"), title=_("Open this bank"), permissions=[MAY_CHANGE],
        explanation=_("Its operators can sign in, and its customers are served."),
        form_class=ReasonForm, icon="play_circle", variant="success",
    )  # fmt: skip
    def reopen(self, request: HttpRequest, form: Any, object_id: str) -> None:
        self._set_status(request, form, object_id, BankStatus.ACTIVE)

    @action(
        description=_("Close for good"), title=_("Close this bank for good"),
        permissions=[MAY_CHANGE], explanation=_("A closed bank is never opened again."),
        form_class=ReasonForm, icon="cancel", variant="danger",
    )  # fmt: skip
    def close(self, request: HttpRequest, form: Any, object_id: str) -> None:
        self._set_status(request, form, object_id, BankStatus.CLOSED)

    def _set_status(self, request: HttpRequest, form: Any, key: str, status: BankStatus) -> None:
        reason = form.cleaned_data["reason"]
        bank = Bank.objects.get(pk=key)
        bank = change_bank_status(actor=request.user, bank=bank, status=status, reason=reason)
        told = {"bank": bank.name, "status": bank.get_status_display()}
        messages.success(request, _("%(bank)s is now %(status)s.") % told)

    # --- columns and facts -----------------------------------------------------------------------
    @display(description=_("status"), ordering="status")
    def status_label(self, bank: Bank) -> str:
        status = BankStatus(bank.status)
        return badge(status.label, STATUS_COLOURS[status])

    @display(description=_("upgrade"))
    def upgrade_label(self, bank: Bank) -> str | None:
        given = getattr(bank, "upgrade_state", None)
        state = UpgradeState(given) if given else None
        return badge(state.label, UPGRADE_COLOURS[state]) if state else None

    @display(description=_("console"))
    def console(self, bank: Bank) -> str:
        with tenant_context(bank):
            address = console_address("/admin/")
        return format_html('<a href="{0}" rel="noopener" target="_blank">{0}</a>', address)

    @display(description=_("domains"))
    def domains(self, bank: Bank) -> str:
        return format_html_join(", ", "{}", ((each.domain,) for each in bank.domains.all()))

    @display(description=_("schema"))
    def schema(self, bank: Bank) -> str:
        return bank.schema_name

    @display(description=_("last upgrade"))
    def upgrade_details(self, bank: Bank) -> str:
        upgrade = BankUpgrade.objects.filter(schema_name=bank.schema_name).first()
        if upgrade is None:
            return "—"
        began = date_format(localtime(upgrade.started_at), "DATETIME_FORMAT")
        return f"{began} · {upgrade.seconds or 0} s {upgrade.error}".strip()


@admin.register(BankUpgrade, site=platform_site)
class BankUpgradeAdmin(ModelAdmin):
    list_display = ("schema_name", "state_label", "started_at", "seconds", "first_line")
    list_filter = ("started_at",)
    search_fields = ("schema_name",)
    search_help_text = _("Schema")
    ordering = ("-started_at",)
    readonly_fields = ("schema_name", "state_label", "started_at", "seconds", "error")
    fields = readonly_fields
    empty_hint = _("Upgrades appear here after “upgrade_banks” has run.")

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        states = (Tab(state.value, state.label, Q(state=state)) for state in UpgradeState)
        return [Tab("all", _("All")), *states]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("state"), ordering="state")
    def state_label(self, upgrade: BankUpgrade) -> str:
        state = UpgradeState(upgrade.state)
        return badge(state.label, UPGRADE_COLOURS[state])

    @display(description=_("error"))
    def first_line(self, upgrade: BankUpgrade) -> str:
        return upgrade.error.strip().split("\n")[-1][:120] or "—"
