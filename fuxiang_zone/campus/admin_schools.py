"""Schools: their details, who sees them, what their systems sign with, what is collected."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from fuxiang_zone.campus import figures, keys, schools, sight
from fuxiang_zone.campus.admin_of_schools import OfSchoolsAdmin
from fuxiang_zone.campus.choices import BillState
from fuxiang_zone.campus.forms import PeopleForm, SchoolForm, UploadForm
from fuxiang_zone.campus.import_jobs import start_students
from fuxiang_zone.campus.models import Bill, School, SchoolOperator, Student
from fuxiang_zone.campus.querysets import SEE_EVERY_SCHOOL
from fuxiang_zone.campus.students import COLUMNS
from fuxiang_zone.campus.wording import yuan
from intake.import_pages import import_page
from operators.admin_base import ReasonForm, Tab, action, display
from operators.sites import bank_site

_DETAILS = ("name", "kind", "branch", "contact", "contact_phone", "top_up_cents")


@admin.register(School, site=bank_site)
class SchoolAdmin(OfSchoolsAdmin):
    form = SchoolForm
    list_display = ("name", "code", "kind", "branch", "pupils", "unpaid", "shown_state")
    list_filter = ("kind",)
    search_fields = ("name", "name_key", "code")
    search_help_text = _("Name, pinyin or school code")
    list_select_related = ("branch",)
    ordering = ("name_key", "id")
    fieldsets = ((None, {"fields": ("code", *_DETAILS)}),)
    actions_detail = ("people", "issue_key", "end_keys", "close", "reopen")
    change_form_outer_before_template = "campus/school_before.html"
    change_form_outer_after_template = "campus/school_after.html"
    empty_hint = _(
        "Add the first school; then import its students and draft what it charges. You see the "
        "schools that were given to you."
    )

    class Media:
        css = {"all": ("console/review.css", "console/campus.css")}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(sight.ADD_SCHOOL)  # type: ignore[union-attr]

    # --- list --------------------------------------------------------------------------------
    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        return [
            Tab("all", _("All")),
            Tab("open", pgettext("school", "open"), Q(is_open=True)),
            Tab("closed", pgettext("school", "closed"), Q(is_open=False)),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        pupils = Student.objects.filter(school=OuterRef("pk"), is_enrolled=True).order_by()
        unpaid = Bill.objects.filter(school=OuterRef("pk"), state=BillState.UNPAID).order_by()
        counted = pupils.values("school").annotate(found=Count("pk")).values("found")
        summed = unpaid.values("school").annotate(found=Sum("amount_cents")).values("found")
        return super().get_queryset(request).annotate(
            pupil_count=Coalesce(Subquery(counted), 0),
            unpaid_cents=Coalesce(Subquery(summed), 0),
        )  # fmt: skip

    @display(description=_("students"))
    def pupils(self, school: School) -> str:
        return f"{school.pupil_count:,}"  # type: ignore[attr-defined]

    pupils.numeric = True  # type: ignore[attr-defined]

    @display(description=_("unpaid (yuan)"))
    def unpaid(self, school: School) -> str:
        return yuan(school.unpaid_cents)  # type: ignore[attr-defined]

    unpaid.numeric = True  # type: ignore[attr-defined]

    @display(description=_("state"), label={"open": "success", "closed": "danger"})
    def shown_state(self, school: School) -> tuple[str, Any]:
        if school.is_open:
            return "open", pgettext("school", "open")
        return "closed", pgettext("school", "closed")

    # --- form --------------------------------------------------------------------------------
    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("code",)

    def save_through(self, request: HttpRequest, obj: School, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in _DETAILS}
        actor: Any = request.user
        if change:
            schools.change_school(actor=actor, school_id=obj.pk, **given)
            return
        made = schools.add_school(actor=actor, code=form.cleaned_data["code"], **given)
        obj.__dict__.update(made.__dict__)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        school = self.get_object(request, object_id)
        more = self._standing(request, school) if isinstance(school, School) else {}
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def _standing(self, request: HttpRequest, school: School) -> dict[str, Any]:
        allowed: Any = request.user
        rows = figures.by_fee(school)
        stray, stray_cents = figures.stray_of(school)
        people = SchoolOperator.objects.filter(school=school).select_related("operator")
        return {
            "school": school,
            "rows": rows,
            "total": figures.in_total(rows, gettext("All fees")),
            "pupil_count": Student.objects.filter(school=school, is_enrolled=True).count(),
            "stray": stray,
            "stray_yuan": yuan(stray_cents),
            "people": people.order_by("operator__username"),
            "keys": keys.in_force(school, timezone.now()).order_by("-made_at"),
            "may_import": allowed.has_perm(sight.ADD_STUDENT),
            "may_add_fee": allowed.has_perm(sight.ADD_FEE),
            "notice_address": request.build_absolute_uri("/api/channel/v1/campus/payments"),
        }

    # --- files -------------------------------------------------------------------------------
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.import_view)
        name = "fuxiang_zone_campus_school_import"
        return [path("<int:school_id>/students/import/", view, name=name), *super().get_urls()]

    def import_view(self, request: HttpRequest, school_id: int) -> HttpResponse:
        actor: Any = request.user
        if not actor.has_perm(sight.ADD_STUDENT):
            raise PermissionDenied
        school = self.found_or_404(request, school_id)
        return import_page(
            self,
            request,
            title=gettext("Import students of %(school)s") % {"school": school},
            form_class=UploadForm,
            columns=COLUMNS,
            start=partial(start_students, actor=actor, school_id=school.pk),
            context={"back": self.address("school_change", school.pk)},
        )

    # --- actions -----------------------------------------------------------------------------
    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        school = self.get_object(request, str(object_id))
        left_out = {"reopen" if school and school.is_open else "close"}
        if school is None or not keys.in_force(school, timezone.now()).exists():
            left_out.add("end-keys")
        offered = super().get_actions_detail(request, object_id)
        return [each for each in offered if each.path not in left_out]

    @action(
        description=pgettext_lazy("school", "Who sees it"), title=_("Who sees this school"),
        form_class=PeopleForm,
        permissions=[SEE_EVERY_SCHOOL, sight.CHANGE_SCHOOL], icon="group", submit_text=_("Save"),
        explanation=_("Its students, bills and payments are seen by these operators alone."),
    )  # fmt: skip
    def people(self, request: HttpRequest, form: PeopleForm, object_id: str) -> None:
        chosen = [each.pk for each in form.cleaned_data["operators"]]
        schools.set_operators(actor=request.user, school_id=int(object_id), operators=chosen)  # type: ignore[arg-type]
        messages.success(request, gettext("Who sees the school is saved."))

    @action(
        description=_("Issue a secret"), title=_("Issue a secret for payment notices"),
        permissions=[sight.MANAGE_KEY], icon="key", url_path="issue-key",
        explanation=_(
            "For the school's system, which signs with it. It is shown once. The secret before "
            "counts for another 24 hours."
        ),
    )  # fmt: skip
    def issue_key(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        issued = keys.issue_key(actor=request.user, school_id=int(object_id))  # type: ignore[arg-type]
        response = render(request, "campus/key_dialog.html", {"issued": issued})
        response.headers["Cache-Control"] = "no-store"
        # In place of the dialog: the secret is on this answer and nowhere else.
        response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = "#dialog"
        return response

    @action(
        description=_("End the secrets"), title=_("End the secrets of this school"),
        permissions=[sight.MANAGE_KEY], form_class=ReasonForm, icon="key_off", variant="danger",
        explanation=_("At once: notices that are signed with them are refused from now on."),
        url_path="end-keys",
    )  # fmt: skip
    def end_keys(self, request: HttpRequest, form: Any, object_id: str) -> None:
        reason = form.cleaned_data["reason"]
        keys.end_keys(actor=request.user, school_id=int(object_id), reason=reason)  # type: ignore[arg-type]
        messages.success(request, gettext("The secrets have ended."))

    @action(
        description=pgettext_lazy("school", "Close"), title=_("Close this school"),
        permissions=[sight.CHANGE_SCHOOL],
        explanation=_("Parents no longer find it, and its bills leave their phones."),
        form_class=ReasonForm, icon="block", variant="danger",
    )  # fmt: skip
    def close(self, request: HttpRequest, form: Any, object_id: str) -> None:
        reason = form.cleaned_data["reason"]
        schools.close_school(actor=request.user, school_id=int(object_id), reason=reason)  # type: ignore[arg-type]
        messages.success(request, gettext("The school is closed."))

    @action(
        description=pgettext_lazy("school", "Reopen"), title=_("Reopen this school"),
        permissions=[sight.CHANGE_SCHOOL], form_class=ReasonForm, icon="undo",
    )  # fmt: skip
    def reopen(self, request: HttpRequest, form: Any, object_id: str) -> None:
        reason = form.cleaned_data["reason"]
        schools.reopen_school(actor=request.user, school_id=int(object_id), reason=reason)  # type: ignore[arg-type]
        messages.success(request, gettext("The school is open again."))
