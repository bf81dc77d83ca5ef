"""What may stand in the body of a change to a coupon; anything else is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mobile.api.sentences import sentence_of
from mobile.errors import BadBody, TooLarge

if TYPE_CHECKING:
    from django.http import HttpRequest

MAX_BODY_BYTES = 4096
# Ten billion yuan: no payment is larger.
MAX_CENTS = 10**12
MAX_SCENE = 48
_PLAIN = r"\A[^\x00-\x1f\x7f]*\Z"
Cents = Annotated[int, msgspec.Meta(ge=0, le=MAX_CENTS)]
# As in ``customers.tokens.CUSTOMER_NUMBER``.
Number = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9]{1,32}\Z")]
Reference = Annotated[str, msgspec.Meta(max_length=64, pattern=_PLAIN)]
SceneCode = Annotated[str, msgspec.Meta(max_length=MAX_SCENE, pattern=_PLAIN)]
Note = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=_PLAIN)]
FORMS = {
    "customer": gettext_lazy("a customer number of 1 to 32 letters and digits"),
    "amount_cents": gettext_lazy("a whole number of cents, not negative"),
    "reference": gettext_lazy("a text of at most 64 characters"),
    "scene": gettext_lazy("the code of a scene, such as top_up"),
    "note": gettext_lazy("a text of 1 to 500 characters"),
    "units": gettext_lazy("a whole number of units, at least 1"),
}


class Acting(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    # Systems name it; a customer's token says it.
    customer: Number | msgspec.UnsetType = msgspec.UNSET


class Claim(Acting, kw_only=True):
    pass


class Payment(Acting, kw_only=True):
    # Of the payment, before anything is taken off.
    amount_cents: Cents | None = None
    scene: SceneCode = ""
    reference: Reference = ""


class Lock(Payment, kw_only=True):
    amount_cents: Cents  # type: ignore[assignment]


class Release(Acting, kw_only=True):
    pass


class Reversal(Acting, kw_only=True):
    # None = all of it.
    amount_cents: Cents | None = None
    reference: Reference = ""


class Voiding(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    note: Note


Body = TypeVar("Body", bound=msgspec.Struct)


def read_body(request: HttpRequest, form: type[Body]) -> Body:
    """No body at all is an empty one."""
    raw = _bytes(request) or b"{}"
    try:
        return msgspec.json.decode(raw, type=form)
    except msgspec.ValidationError as error:
        otherwise = _('The body must be a JSON object like {"amount_cents": 5000}.')
        raise BadBody(sentence_of(str(error), FORMS, otherwise)) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadBody(_("The body is not JSON.")) from error


def _bytes(request: HttpRequest) -> bytes:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > MAX_BODY_BYTES:
        raise TooLarge(_("The request is too large."))
    body = request.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge(_("The request is too large."))
    return body
