"""What other rooms ask of the campus: schools, parents' bills, notices of payment."""

from __future__ import annotations

from fuxiang_zone.campus.keys import verify_notice
from fuxiang_zone.campus.notices import Answer, Notice, take_notice
from fuxiang_zone.campus.parents import (
    BillLine,
    Child,
    children_of,
    link_student,
    unlink_student,
)
from fuxiang_zone.campus.schools import SchoolLine, open_schools

__all__ = [
    "Answer",
    "BillLine",
    "Child",
    "Notice",
    "SchoolLine",
    "children_of",
    "link_student",
    "open_schools",
    "take_notice",
    "unlink_student",
    "verify_notice",
]
