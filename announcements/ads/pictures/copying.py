"""Pictures that travel from the platform to a bank with an offered ad."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from announcements.ads.models import Picture
from announcements.ads.pictures import events, files
from announcements.ads.pictures.errors import UnknownPicture
from announcements.ads.pictures.services import PERMISSION, summary_of
from audit.services import record
from operators.permissions import require
from tenants.platform import PLATFORM

if TYPE_CHECKING:
    from operators.models import Operator


def payload_of(picture: Picture) -> dict[str, Any]:
    """What an offer carries of a picture: plain JSON that ``copy_into_current_schema`` takes."""
    return {
        "placement": picture.placement,
        "original": picture.original,
        "original_width": picture.original_width,
        "original_height": picture.original_height,
        "crop": picture.crop,
        "variants": picture.variants,
        "digest": picture.digest,
    }


def copy_into_current_schema(
    picture_payload: dict[str, Any],
    *,
    actor: Operator | None = None,
    source_schema: str = PLATFORM.schema_name,
) -> Picture:
    """A picture of the platform with all its files, as a picture of the bank at hand.

    ``actor`` None = within a service that has checked the permission. Only the platform's files
    can be read from a bank.
    """
    if actor is not None:
        require(actor, PERMISSION)
    contents = _contents(source_schema, picture_payload)
    if sha256(contents[files.ORIGINAL]).hexdigest() != picture_payload["digest"]:
        raise _gone()
    with transaction.atomic():
        names = files.write(files.new_folder(), contents)
        picture = Picture(
            placement=picture_payload["placement"],
            original=names[files.ORIGINAL],
            original_width=picture_payload["original_width"],
            original_height=picture_payload["original_height"],
            crop=picture_payload["crop"],
            variants=_renamed(picture_payload["variants"], names),
            digest=picture_payload["digest"],
            created_by=actor,
            created_at=timezone.now(),
        )
        picture.save(force_insert=True)
        record(
            events.COPIED,
            actor=actor, target=picture, before={"of": source_schema}, after=summary_of(picture),
        )  # fmt: skip
    return picture


def _contents(schema: str, payload: dict[str, Any]) -> dict[str, bytes]:
    names = {files.ORIGINAL: payload["original"]}
    names |= {name: each["name"] for name, each in payload["variants"].items()}
    if any(not name.startswith(f"{schema}/{files.FOLDER}/") for name in names.values()):
        raise _gone()
    try:
        return {key: files.read(name) for key, name in names.items()}
    except FileNotFoundError:
        raise _gone() from None


def _renamed(variants: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {key: {**each, "name": names[key]} for key, each in variants.items()}


def _gone() -> UnknownPicture:
    return UnknownPicture(_("The picture of this offer is no longer there. Ask the platform."))
