"""Why something about the catalogue or an application is refused."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise

from audit.errors import DomainError


class CatalogueRefused(DomainError):
    """A step that this entry of the catalogue cannot take."""

    code = "gateway.catalogue_refused"


class ApplicationRefused(DomainError):
    """A step that this application cannot take now, or not by this person."""

    code = "gateway.application_refused"


class UnknownApplication(DomainError):
    """There is none, or it is another bank's."""

    code = "gateway.unknown_application"
    http_status = 404


class BadApplication(DomainError):
    """What was entered cannot be: each sentence with its field ("" = the whole)."""

    code = "gateway.bad_application"
    http_status = 400

    def __init__(self, problems: Sequence[tuple[str, str | Promise]]) -> None:
        super().__init__(" ".join(str(sentence) for _field, sentence in problems))
        self.problems = list(problems)


class BadAttachment(DomainError):
    code = "gateway.bad_attachment"
    http_status = 400
