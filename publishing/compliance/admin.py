"""The list of forbidden words: the platform's for all banks, each bank's for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from operators.admin_base import DialogForm, ModelAdmin, Tab, action, display
from operators.sites import bank_site, platform_site
from publishing.choices import ComplianceRule, Severity
from publishing.compliance import rules, services
from publishing.compliance.checklist import Checklist
from publishing.compliance.forms import TrialForm, WordForm
from publishing.compliance.subjects import Subject
from publishing.compliance.words import province_words, words_here
from publishing.models import ForbiddenWord

EFFECT = {Severity.BLOCK: "danger", Severity.WARN: "warning"}


class WordAdmin(ModelAdmin):
    form = WordForm
    list_display = ("word", "shown_effect", "source", "note", "shown_force", "updated_at")
    list_filter = ("severity", "is_active")
    search_fields = ("word", "bare", "source", "note")
    actions_detail = ("remove",)
    list_before_template = "publishing/compliance/list_head.html"
    fieldsets = (
        (None, {"fields": ("word", "severity", "harmless", "is_active")}),
        (_("For the maker"), {"fields": ("note", "source")}),
    )

    class Media:
        css = {"all": ("console/review.css",)}

    # --- list -------------------------------------------------------------------------------------
    def status_tabs(self, request: HttpRequest) -> Sequence[Tab]:
        return (
            Tab("all", pgettext_lazy("words", "All"), Q()),
            *(Tab(each, Severity(each).label, Q(severity=each)) for each in Severity.values),
            Tab("resting", _("out of force"), Q(is_active=False)),
        )

    @display(description=_("effect"), ordering="severity", label=EFFECT)
    def shown_effect(self, word: ForbiddenWord) -> tuple[str, Any]:
        return word.severity, Severity(word.severity).label

    @display(description=_("in force"), ordering="is_active", label={True: "success", False: ""})
    def shown_force(self, word: ForbiddenWord) -> tuple[bool, Any]:
        return word.is_active, _("in force") if word.is_active else _("out of force")

    # --- one word ---------------------------------------------------------------------------------
    def save_through(
        self, request: HttpRequest, obj: ForbiddenWord, form: Any, change: bool
    ) -> None:
        services.save_word(actor=request.user, word=obj)  # type: ignore[arg-type]

    def has_remove_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("publishing.delete_forbiddenword")  # type: ignore[union-attr]

    @action(
        description=_("Remove from the list"), permissions=["remove"],
        explanation=_(
            "It is gone for good and no longer looked for. To let it rest, untick “in force”."
        ),
        icon="delete", variant="danger", url_path="remove",
    )  # fmt: skip
    def remove(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        services.remove_word(actor=request.user, word_id=int(object_id))  # type: ignore[arg-type]
        messages.success(request, _("The word has been removed."))
        return HttpResponseRedirect(self._list_address())

    # --- trying a text ----------------------------------------------------------------------------
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.trial_view)
        return [path("trial/", view, name="publishing_forbiddenword_trial"), *super().get_urls()]

    def trial_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = TrialForm(request.POST or None)
        tried = form.is_valid()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Try a text"),
            "form": form,
            "items": _tried(form.cleaned_data["text"]) if tried else None,
            "list_address": self._list_address(),
            "is_fullwidth": "1",
        }
        status = 400 if form.is_bound and not tried else 200
        return TemplateResponse(request, "publishing/compliance/trial.html", context, status=status)

    def _list_address(self) -> str:
        return reverse(f"{self.admin_site.name}:publishing_forbiddenword_changelist")


def _tried(text: str) -> list[Any]:
    """What only the words decide."""
    case = rules.Case(Subject(must_end=False), text, None, words_here())
    checklist: Checklist = rules.check(case)
    by_words = (ComplianceRule.FORBIDDEN_WORDS, ComplianceRule.DEPOSIT_GIFT)
    return [each for each in checklist.items if each.rule in by_words]


@admin.register(ForbiddenWord, site=platform_site)
class ProvinceWordAdmin(WordAdmin):
    empty_hint = _("Nothing is forbidden. Add words: they hold in every bank within a second.")


@admin.register(ForbiddenWord, site=bank_site)
class BankWordAdmin(WordAdmin):
    empty_hint = _("Your bank has no words of its own yet. The province's list holds in any case.")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        found = province_words()
        groups = [
            (Severity(each), EFFECT[Severity(each)], [w for w in found if w.severity == each])
            for each in Severity.values
        ]
        context = {"province_groups": groups, "province_count": len(found)}
        return super().changelist_view(request, {**context, **(extra_context or {})})
