from __future__ import annotations

from django.utils.functional import Promise

from audit.errors import DomainError


class CatalogueError(DomainError):
    code = "zone_catalogue"


class BadSchema(CatalogueError):
    """``row`` (from 1; 0 = the schema as a whole) and ``cell`` say where the editor shows it."""

    code = "bad_schema"
    http_status = 400

    def __init__(self, message: str | Promise, *, row: int = 0, cell: str = "") -> None:
        super().__init__(message)
        self.row = row
        self.cell = cell


class BadValue(CatalogueError):
    """``field`` is the key of the field that the value was meant for."""

    code = "bad_value"
    http_status = 400

    def __init__(self, message: str | Promise, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class SchemaInUse(CatalogueError):
    """``sentences`` name banks, products and what would be lost."""

    code = "schema_in_use"

    def __init__(self, message: str | Promise, *, sentences: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.sentences = sentences


class TypeNotOpen(CatalogueError):
    code = "type_not_open"


class WrongState(CatalogueError):
    """Somebody else was faster, or the verb does not fit the state."""

    code = "wrong_state"


class OwnApplication(CatalogueError):
    """Whoever applied does not decide."""

    code = "own_application"


class CommentMissing(CatalogueError):
    code = "comment_missing"
    http_status = 400


class UnknownApplication(CatalogueError):
    code = "unknown_application"
    http_status = 404


class BadApplication(CatalogueError):
    code = "bad_application"
    http_status = 400

    def __init__(self, message: str | Promise, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class ProductsLive(CatalogueError):
    """The bank still shows products of the type."""

    code = "products_live"
