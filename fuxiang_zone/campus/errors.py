"""Why something of the campus is refused. Codes are what channels program against."""

from __future__ import annotations

from django.utils.functional import Promise

from audit.errors import DomainError


class CampusRefused(DomainError):
    code = "campus_refused"

    def __init__(self, message: str | Promise, *, field: str = "", code: str = "") -> None:
        super().__init__(message, code=code)
        # Where a form shows it.
        self.field = field


class UnknownSchool(CampusRefused):
    """No such school, or none of this operator's."""

    code = "unknown_school"
    http_status = 404


class BadSchool(CampusRefused):
    code = "bad_school"
    http_status = 400


class BadFee(CampusRefused):
    code = "bad_fee"
    http_status = 400


class FeeRefused(CampusRefused):
    """A step that this fee cannot take now."""

    code = "fee_refused"


class BillRefused(CampusRefused):
    code = "bill_refused"


class SignatureRefused(CampusRefused):
    """``code``: signature_missing, signature_stale, signature_wrong."""

    code = "signature_wrong"
    http_status = 401


class BadNotice(CampusRefused):
    code = "bad_notice"
    http_status = 400


class NoticeReused(CampusRefused):
    """The payment's number came before, with other contents."""

    code = "payment_id_reused"
    http_status = 422


class LinkRefused(CampusRefused):
    """``code``: student_not_found, too_many_tries, linked_already."""

    code = "student_not_found"
    http_status = 404
