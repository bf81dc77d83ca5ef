from __future__ import annotations

from audit.errors import DomainError


class BankError(DomainError):
    """A refusal of the tenants room."""


class BadSlug(BankError):
    code = "bad_slug"
    http_status = 400


class ReservedSlug(BankError):
    code = "reserved_slug"
    http_status = 400


class DuplicateSlug(BankError):
    code = "duplicate_slug"


class DuplicateCode(BankError):
    code = "duplicate_bank_code"


class DuplicateDomain(BankError):
    code = "duplicate_domain"


class SchemaExists(BankError):
    code = "schema_exists"


class BadBankDetails(BankError):
    code = "bad_bank_details"
    http_status = 400


class BankIsClosed(BankError):
    code = "bank_is_closed"


class BadStatusChange(BankError):
    code = "bad_status_change"
    http_status = 400


class NotAllowed(BankError):
    code = "not_allowed"
    http_status = 403


class TemplateFailed(BankError):
    """The template schema, its dump, or a replay of it is not what it must be: an operator of the
    platform cannot mend this, whoever runs the servers can."""

    code = "template_failed"
    http_status = 500


class UnknownTask(LookupError):
    """A task was enqueued under a name that no room registered."""


class WrongSchema(RuntimeError):
    """A task was about to run in another schema than the one its sender was in."""
