"""What a product type says, checked as a whole: its schema, its disclosures, its features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from fuxiang_zone.catalogue.choices import Feature
from fuxiang_zone.catalogue.errors import BadSchema
from fuxiang_zone.catalogue.fields import KEY
from fuxiang_zone.catalogue.schema import parse_new_schema, raw_schema

if TYPE_CHECKING:
    from fuxiang_zone.catalogue.models import ProductType

MOST_DISCLOSURES = 20
# A change of these is a new version of the type.
CONTENT = (
    "name", "english_name", "category", "icon", "description", "fields", "disclosures", "features",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What a bank must or may tell the customer before they buy."""

    code: str
    label: str
    required: bool = True
    help: str = ""


def content_of(product_type: ProductType) -> dict[str, Any]:
    return {name: getattr(product_type, name) for name in CONTENT}


def tidy_content(product_type: ProductType) -> None:
    """Brings the JSON columns into their one form. Raises ``BadSchema``."""
    for name, value in tidied(content_of(product_type)).items():
        setattr(product_type, name, value)


def tidied(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **content,
        "fields": raw_schema(parse_new_schema(content["fields"])),
        "disclosures": [asdict(each) for each in parse_disclosures(content["disclosures"])],
        "features": sorted(str(each) for each in parse_features(content["features"])),
    }


def parse_features(raw: Any) -> frozenset[Feature]:
    if not isinstance(raw, list) or any(each not in Feature.values for each in raw):
        raise BadSchema(_("Choose features from the list."), cell="features")
    return frozenset(map(Feature, raw))


def parse_disclosures(raw: Any) -> tuple[Disclosure, ...]:
    if not isinstance(raw, list) or len(raw) > MOST_DISCLOSURES:
        message = _("List at most %(count)s disclosures.") % {"count": MOST_DISCLOSURES}
        raise BadSchema(message, cell="disclosures")
    found = tuple(_disclosure(number, row) for number, row in enumerate(raw, 1))
    codes = [each.code for each in found]
    for number, code in enumerate(codes, 1):
        if codes.index(code) != number - 1:
            raise _wrong(number, _("the code “%(code)s” stands there twice.") % {"code": code})
    return found


def _disclosure(number: int, row: Any) -> Disclosure:
    if not isinstance(row, Mapping) or set(row) - {"code", "label", "required", "help"}:
        raise _wrong(number, _("it is not a disclosure."))
    code, label, words = (row.get(name, "") for name in ("code", "label", "help"))
    if not isinstance(code, str) or not KEY.fullmatch(code):
        raise _wrong(
            number,
            _("the code begins with a small letter and has only small letters, digits and _."),
        )
    if not isinstance(label, str) or not 1 <= len(label.strip()) <= 40:
        raise _wrong(number, _("its name has 1 to 40 characters."))
    if not isinstance(words, str) or len(words) > 200:
        raise _wrong(number, _("its help has at most 200 characters."))
    if "\x00" in label + words:
        raise _wrong(number, _("enter text."))
    if not isinstance(row.get("required", True), bool):
        raise _wrong(number, _("answer yes or no."))
    return Disclosure(code, label.strip(), row.get("required", True), words.strip())


def _wrong(number: int, sentence: str) -> BadSchema:
    message = _("Disclosure %(row)s: %(sentence)s") % {"row": number, "sentence": sentence}
    return BadSchema(message, row=number, cell="disclosures")
