"""Every verb on a school begins here: may this person do it, and is it one of their schools?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from fuxiang_zone.campus.errors import UnknownSchool
from fuxiang_zone.campus.models import School
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

READ = "fuxiang_zone_campus.view_school"
ADD_SCHOOL = "fuxiang_zone_campus.add_school"
CHANGE_SCHOOL = "fuxiang_zone_campus.change_school"
MANAGE_KEY = "fuxiang_zone_campus.manage_key"
ADD_STUDENT = "fuxiang_zone_campus.add_student"
CHANGE_STUDENT = "fuxiang_zone_campus.change_student"
ADD_FEE = "fuxiang_zone_campus.add_feeitem"
CHANGE_FEE = "fuxiang_zone_campus.change_feeitem"
CHANGE_BILL = "fuxiang_zone_campus.change_bill"
EXPORT = "fuxiang_zone_campus.export_bill"
APPROVE = "fuxiang_zone_campus.approve_bills"


def require_school(actor: Operator, permission: str, school_id: int) -> School:
    """Raises ``NotAllowed``, or ``UnknownSchool`` for one that is not this operator's."""
    require(actor, permission)
    school = School.objects.visible_to(actor).filter(pk=school_id).first()
    if school is None:
        raise UnknownSchool(_("There is no such school, or it is not one of yours."))
    return school
