from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fuxiang_zone.campus import sight, students
from fuxiang_zone.campus.admin_of_schools import OfSchoolsAdmin
from fuxiang_zone.campus.models import Guardian, Student
from operators.admin_base import ReasonForm, Tab, action, display
from operators.sites import bank_site


@admin.register(Student, site=bank_site)
class StudentAdmin(OfSchoolsAdmin):
    list_display = (
        "number", "masked_name", "school", "grade", "class_name", "parents", "shown_state",
    )  # fmt: skip
    list_filter = ("school", "grade")
    list_select_related = ("school",)
    search_fields = ("number__startswith",)
    search_help_text = _("Beginning of the student number")
    fields = (
        "school", "number", "masked_name", "grade", "class_name", "guardians", "shown_state",
    )  # fmt: skip
    actions_detail = ("leave",)
    empty_hint = _("Students come by file: open a school and import its list.")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def status_tabs(self, request: HttpRequest) -> list[Tab]:
        return [
            Tab("enrolled", _("enrolled"), Q(is_enrolled=True)),
            Tab("left", _("left the school"), Q(is_enrolled=False)),
            Tab("all", _("All")),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        links = Guardian.objects.filter(student=OuterRef("pk")).order_by().values("student")
        counted = links.annotate(found=Count("pk")).values("found")
        return super().get_queryset(request).annotate(links=Coalesce(Subquery(counted), 0))

    @display(description=_("parents on the phone"))
    def parents(self, student: Student) -> int:
        return student.links  # type: ignore[attr-defined]

    parents.numeric = True  # type: ignore[attr-defined]

    @display(description=_("customer numbers of the parents"))
    def guardians(self, student: Student) -> str:
        numbers = student.guardians.order_by("linked_at").values_list("customer_number", flat=True)
        return "、".join(numbers) or gettext("none yet")

    @display(description=_("state"), label={"enrolled": "success"})
    def shown_state(self, student: Student) -> tuple[str, Any]:
        return ("enrolled", _("enrolled")) if student.is_enrolled else ("", _("left the school"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        student = self.get_object(request, str(object_id))
        offered = super().get_actions_detail(request, object_id)
        return offered if student is not None and student.is_enrolled else []

    @action(
        description=_("Left the school"), title=_("This student has left the school"),
        permissions=[sight.CHANGE_STUDENT], form_class=ReasonForm, icon="logout",
        explanation=_(
            "No new bills, and nothing on the parents' phones. Cancel what is unpaid yourself. "
            "The next student file with the number brings the student back."
        ),
    )  # fmt: skip
    def leave(self, request: HttpRequest, form: Any, object_id: str) -> None:
        reason = form.cleaned_data["reason"]
        students.let_student_leave(actor=request.user, student_id=int(object_id), reason=reason)  # type: ignore[arg-type]
        messages.success(request, gettext("The student has left the school."))
