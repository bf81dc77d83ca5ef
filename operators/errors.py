from __future__ import annotations

from audit.errors import DomainError


class OperatorError(DomainError):
    code = "operators.refused"


class NotAllowed(OperatorError):
    code = "not_allowed"
    http_status = 403


class UnknownOperator(OperatorError):
    code = "operators.unknown_operator"
    http_status = 404


class InvalidOperator(OperatorError):
    """What was entered does not make an operator, a role change or a branch."""

    code = "operators.invalid"
    http_status = 400


class NotYourself(OperatorError):
    code = "operators.not_yourself"


class LastAdministrator(OperatorError):
    code = "operators.last_administrator"


class ColleagueNeeded(OperatorError):
    """The leaver has drafts, and nobody was named who takes them over."""

    code = "operators.colleague_needed"


class StaleRoleChange(OperatorError):
    """The operator's roles are no longer those that the change was meant to replace."""

    code = "operators.stale_role_change"


class WrongState(OperatorError):
    """The verb does not apply: disabling who is disabled, unlocking who is not locked."""

    code = "operators.wrong_state"


class SignInRefused(OperatorError):
    code = "sign_in.refused"
    http_status = 403


class PasswordRefused(OperatorError):
    code = "password.refused"
    http_status = 400


class LinkSpent(OperatorError):
    """A one-time link that was used, has expired, was replaced, or never was."""

    code = "password.link_spent"
    http_status = 410


class SecondFactorRefused(OperatorError):
    code = "second_factor.refused"
    http_status = 403
