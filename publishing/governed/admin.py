from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from audit.errors import DomainError
from operators.admin_base import ReasonForm, action, display
from operators.sites import bank_site, platform_site
from publishing import services as publishing
from publishing.choices import Lock, Standing, TemplateVerdict
from publishing.dialogs import NoteForm
from publishing.governed import boards, reading, rows, services
from publishing.governed.admin_base import GovernedAdmin
from publishing.governed.forms import SettingsForm, TemplateForm
from publishing.locks import SETTINGS_KIND, TEMPLATE_KIND
from publishing.models import BankSettings, ProvinceTemplate, TemplateAnswer

ANSWERS_SHOWN = 20
VERDICT_COLOURS = {TemplateVerdict.ACCEPTED: "success", TemplateVerdict.DEFERRED: "warning"}


@admin.register(ProvinceTemplate, site=platform_site)
class ProvinceTemplateAdmin(GovernedAdmin):
    form = TemplateForm
    kind_name = TEMPLATE_KIND
    list_display = ("shown_name", "shown_stage", "shown_version", "shown_locks", "shown_updated")
    actions_detail = ("submit", "withdraw_review", "request_withdrawal", "roll_back")
    change_form_after_template = "publishing/governed/template_fields.html"
    empty_hint = _("A platform operator opens this page first; then every group has its row.")
    explanation = _(
        "A locked value holds in every bank as soon as this template is published. Everything "
        "else waits until each bank has accepted the new version."
    )

    # --- list
    @display(description=_("version"))
    def shown_version(self, draft: Any) -> str:
        return str(draft.published_version or "—")

    @display(description=_("locks"))
    def shown_locks(self, draft: ProvinceTemplate) -> str:
        given = [rule.get("lock") for rule in draft.settings.values()]
        counts = [(Lock(lock).label, given.count(lock)) for lock in Lock.values]
        return " · ".join(f"{label} {count}" for label, count in counts if count) or "—"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        link = {"address": "adoption/", "title": _("Adoption by banks"), "icon": "fact_check"}
        return super().changelist_view(request, {**(extra_context or {}), "toolbar_links": [link]})

    # --- one template
    def page_context(
        self, request: HttpRequest, draft: ProvinceTemplate, form: Any, editable: bool
    ) -> dict[str, Any]:
        return {
            "sections": rows.template_sections(draft, form, editable),
            "locks": [rows.LockShown(lock) for lock in Lock],
            "adoption_address": self.address_of("adoption"),
        }

    def save_through(
        self, request: HttpRequest, obj: ProvinceTemplate, form: Any, change: bool
    ) -> None:
        services.edit_template(
            actor=request.user,  # type: ignore[arg-type]
            name=obj.name,
            version=form.cleaned_data["opened_version"] or 0,
            settings=form.rules,
        )

    @action(
        description=_("Ask to withdraw the template"), permissions=["request_withdrawal"],
        explanation=_(
            "When a second person has agreed, nothing is locked any more; banks keep what they "
            "have accepted."
        ),
        form_class=NoteForm, icon="visibility_off", url_path="request-withdrawal",
    )  # fmt: skip
    def request_withdrawal(self, request: HttpRequest, form: NoteForm, object_id: str) -> None:
        note = form.cleaned_data["note"]
        publishing.request_withdrawal(**self._about(request, object_id), note=note)
        messages.success(request, _("Submitted; a checker will decide."))

    # --- adoption
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.adoption_view))
        own = path("adoption/", view, name="publishing_provincetemplate_adoption")
        return [own, *super().get_urls()]

    def adoption_view(self, request: HttpRequest) -> HttpResponse:
        allowed = request.user.has_perm("publishing_offers.view_templatestanding")  # type: ignore[union-attr]
        if not allowed:
            raise PermissionDenied
        asked = request.GET.get("state", "")
        state = asked if asked in Standing.values else ""
        return self._shown(
            request,
            "publishing/governed/adoption.html",
            title=_("Adoption of province templates"),
            board=boards.adoption_board(state),
            states=[(each.value, each.label) for each in Standing],
            state=state,
        )


@admin.register(BankSettings, site=bank_site)
class BankSettingsAdmin(GovernedAdmin):
    form = SettingsForm
    kind_name = SETTINGS_KIND
    list_display = (
        "shown_name", "shown_standing", "shown_stage", "shown_own", "shown_differing",
        "shown_to_do", "shown_updated",
    )  # fmt: skip
    actions_detail = (
        "submit", "accept", "defer", "withdraw_review", "request_withdrawal", "roll_back",
    )  # fmt: skip
    change_form_after_template = "publishing/governed/settings_fields.html"
    empty_hint = _(
        "Nothing of the bank's own yet: everything is as the province says. The rows appear when "
        "a maker opens this page."
    )
    explanation = _(
        "What the bank does not set itself is as the province says. Locked settings follow the "
        "province at once; of the rest the bank decides when it takes a newer template."
    )

    # --- list
    @display(description=_("province template"), label=boards.COLOURS)
    def shown_standing(self, draft: BankSettings) -> tuple[str, str]:
        stands = reading.standing(draft.name)
        return stands.state, str(stands.state.label)

    @display(description=_("own values"))
    def shown_own(self, draft: BankSettings) -> str:
        return str(len(draft.values))

    @display(description=_("differing from the province"))
    def shown_differing(self, draft: BankSettings) -> str:
        return str(len(reading.where_bank_differs(draft.name)))

    @display(description=_("to fill in"))
    def shown_to_do(self, draft: BankSettings) -> str:
        return "、".join(str(each.label) for each in reading.open_to_do(draft)) or "—"

    # --- one group
    def page_context(
        self, request: HttpRequest, draft: BankSettings, form: Any, editable: bool
    ) -> dict[str, Any]:
        shown = request.GET.get("show", "")
        every = rows.settings_rows(draft, form, editable, shown)
        return {
            "sections": rows.settings_sections(every),
            "rows": every,
            "shown": shown if shown in ("differs", "to_do") else "",
            "differing_count": sum(row.differs for row in every),
            "to_do": [row.setting for row in every if row.is_to_do],
            "stands": reading.standing(draft.name),
            "standing_colours": boards.COLOURS,
            "differences": [
                rows.difference_row(each, draft) for each in reading.differences(draft.name)
            ],
            "answers": self._answers(draft),
            **self._answer_addresses(request, draft),
        }

    def _answer_addresses(self, request: HttpRequest, draft: BankSettings) -> dict[str, str]:
        key = str(draft.pk)
        may = {
            "accept": self.has_accept_permission(request, key),
            "defer": self.has_defer_permission(request, key),
        }
        return {
            f"{verb}_address": self.address_of(verb, draft.pk)
            for verb, allowed in may.items()
            if allowed
        }

    def _answers(self, draft: BankSettings) -> list[tuple[TemplateAnswer, str]]:
        found = TemplateAnswer.objects.filter(name=draft.name).select_related("answered_by")
        return [
            (answer, VERDICT_COLOURS[TemplateVerdict(answer.verdict)])
            for answer in found[:ANSWERS_SHOWN]
        ]

    def save_through(
        self, request: HttpRequest, obj: BankSettings, form: Any, change: bool
    ) -> None:
        services.edit_settings(
            actor=request.user,  # type: ignore[arg-type]
            name=obj.name,
            version=form.cleaned_data["opened_version"] or 0,
            values=form.values,
        )

    # --- answers to the province
    def _waits(self, request: HttpRequest, object_id: Any) -> reading.StandingOf | None:
        draft = self._editable(request, object_id)
        return reading.standing(draft.name) if draft is not None else None

    def has_accept_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        stands = self._waits(request, object_id)
        draft = self._draft(request, object_id)
        if stands is None or not stands.waits:
            return False
        taken = draft.accepted.get("version") == stands.newest_version
        return not (taken and draft.in_review)

    def has_defer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        stands = self._waits(request, object_id)
        return stands is not None and stands.state == Standing.WAITS

    @action(
        description=_("Accept the template"), permissions=["accept"], form_class=NoteForm,
        explanation=_(
            "The draft takes the province's newest template and goes to review, with the changes "
            "saved on this page. Your own values stay, except where the province has locked."
        ),
        icon="task_alt", variant="primary", url_path="accept",
    )  # fmt: skip
    def accept(self, request: HttpRequest, form: NoteForm, object_id: str) -> None:
        services.accept_template(
            actor=request.user,  # type: ignore[arg-type]
            name=self._draft(request, object_id).name,
            note=form.cleaned_data["note"],
        )
        messages.success(request, _("Submitted; a checker will decide."))

    @action(
        description=_("Put off"), permissions=["defer"], form_class=ReasonForm,
        explanation=_(
            "The bank stays with the template it has accepted. The province sees the reason; its "
            "next version asks again."
        ),
        icon="schedule", url_path="defer",
    )  # fmt: skip
    def defer(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        services.defer_template(
            actor=request.user,  # type: ignore[arg-type]
            name=self._draft(request, object_id).name,
            reason=form.cleaned_data["reason"],
        )
        messages.success(request, _("Put off; the province has been told why."))

    @action(
        description=_("Follow the province in everything"), permissions=["request_withdrawal"],
        explanation=_(
            "When a second person has agreed, the bank's own values hold no longer and everything "
            "is as the province says."
        ),
        form_class=NoteForm, icon="undo", url_path="request-withdrawal",
    )  # fmt: skip
    def request_withdrawal(self, request: HttpRequest, form: NoteForm, object_id: str) -> None:
        note = form.cleaned_data["note"]
        publishing.request_withdrawal(**self._about(request, object_id), note=note)
        messages.success(request, _("Submitted; a checker will decide."))

    # --- one setting back to the province
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.restore_view))
        name = "publishing_banksettings_restore"
        return [path("<int:draft_id>/restore/", view, name=name), *super().get_urls()]

    def restore_view(self, request: HttpRequest, draft_id: int) -> HttpResponse:
        draft = self.get_object(request, str(draft_id))
        if draft is None:
            raise Http404
        try:
            services.restore_setting(
                actor=request.user,  # type: ignore[arg-type]
                name=draft.name,
                version=_number(request.POST.get("version", "")),
                key=request.POST.get("key", ""),
            )
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("Restored in the draft; submit it when it is ready."))
        return HttpResponseRedirect(self.address_of("change", draft.pk))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
