"""The verbs of pictures. What was uploaded is never kept: only what was written anew from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from announcements.ads.models import Picture
from announcements.ads.pictures import cropping, encoding, events, files
from announcements.ads.pictures.cropping import Box
from announcements.ads.pictures.encoding import Encoded, Made
from announcements.ads.pictures.errors import BadPicture, PictureTooLarge, UnknownPicture
from announcements.catalogue.models import Placement
from audit.services import record
from operators.permissions import require

if TYPE_CHECKING:
    from django.core.files import File

    from operators.models import Operator

PERMISSION = "announcements_ads.change_ad"
MAX_MEGABYTES = 10
MAX_BYTES = MAX_MEGABYTES * 2**20


def take_in(*, actor: Operator, placement: str, file: File) -> Picture:
    """Stores what an operator uploaded for a placement. A picture that has its proportion is cut
    at once; any other waits for ``crop`` and can be in no review before."""
    require(actor, PERMISSION)
    check_length(file.size)
    data = file.read(MAX_BYTES + 1)
    check_length(len(data))
    return _take_in(actor, data, placement_of(placement), None, file.name or "")


def take_in_bytes(
    *, actor: Operator, placement: str, data: bytes, crop: Box | None = None
) -> Picture:
    require(actor, PERMISSION)
    check_length(len(data))
    return _take_in(actor, data, placement_of(placement), crop)


def crop(*, actor: Operator, picture: Picture, x: int, y: int, width: int, height: int) -> Picture:
    """Cuts the part that customers see. A cut that was made is never changed, because a publication
    may show it: cutting again gives another picture."""
    require(actor, PERMISSION)
    box, placement = Box(x, y, width, height), placement_of(picture.placement)
    cropping.check_box(box, (picture.original_width, picture.original_height), placement)
    whole = files.read(picture.original)
    variants = encoding.cut(whole, placement, box)
    with transaction.atomic():
        stored = Picture.objects.select_for_update().get(pk=picture.pk)
        if stored.crop == box.as_dict():
            return stored
        if stored.variants:
            return _cut_anew(actor, stored, whole, box, variants)
        stored.variants = _write_variants(files.folder_of(stored), variants)
        stored.crop = box.as_dict()
        stored.save(update_fields=["variants", "crop"])
        record(events.CROPPED, actor=actor, target=stored, after=summary_of(stored))
        return stored


def use_elsewhere(*, actor: Operator, picture: Picture, placement: str) -> Picture:
    """The same picture for another placement, to be cut anew unless its proportion fits."""
    require(actor, PERMISSION)
    place, size = placement_of(placement), (picture.original_width, picture.original_height)
    cropping.check_large_enough(size, place)
    whole, box = files.read(picture.original), cropping.whole_if_fitting(size, place)
    variants = encoding.cut(whole, place, box) if box is not None else {}
    with transaction.atomic():
        return _store(actor, Made(Encoded(*size, whole), box, variants), place)


def picture_of(uid: Any) -> Picture:
    found = Picture.objects.filter(uid=uid).first()
    if found is None:
        raise UnknownPicture(_("This picture is no longer there. Please upload it again."))
    return found


def is_cut(picture: Picture) -> bool:
    """Whether customers could be shown it."""
    return "1x" in picture.variants


def placement_of(code: str) -> Placement:
    found = Placement.objects.filter(code=code).first()
    if found is None:
        raise BadPicture(_("Choose the placement first."), code="picture_placement")
    return found


def check_length(length: int | None) -> None:
    if length is None or length > MAX_BYTES:
        raise PictureTooLarge(
            _("The file is too large: %(size)s MB, at most %(most)s MB are accepted.")
            % {"size": round((length or 0) / 2**20, 1), "most": MAX_MEGABYTES}
        )


def summary_of(picture: Picture) -> dict[str, Any]:
    return {
        "uid": str(picture.uid),
        "placement": picture.placement,
        "digest": picture.digest,
        "crop": picture.crop,
    }


def _take_in(
    actor: Operator, data: bytes, placement: Placement, box: Box | None, name: str = ""
) -> Picture:
    made = encoding.make(data, placement, box, name)
    with transaction.atomic():
        return _store(actor, made, placement)


def _cut_anew(
    actor: Operator, before: Picture, whole: bytes, box: Box, variants: dict[str, Encoded]
) -> Picture:
    size = before.original_width, before.original_height
    made = Made(Encoded(*size, whole), box, variants)
    return _store(actor, made, placement_of(before.placement), events.CROPPED)


def _store(
    actor: Operator, made: Made, placement: Placement, event: str = events.TAKEN_IN
) -> Picture:
    folder = files.new_folder()
    whole = files.write(folder, {files.ORIGINAL: made.original.data})
    picture = Picture(
        placement=placement.code,
        original=whole[files.ORIGINAL],
        original_width=made.original.width,
        original_height=made.original.height,
        crop=made.box.as_dict() if made.box is not None else {},
        variants=_write_variants(folder, made.variants),
        digest=made.original.digest,
        created_by=actor,
        created_at=timezone.now(),
    )
    picture.save(force_insert=True)
    record(event, actor=actor, target=picture, after=summary_of(picture))
    return picture


def _write_variants(folder: str, variants: dict[str, Encoded]) -> dict[str, dict[str, Any]]:
    names = files.write(folder, {name: each.data for name, each in variants.items()})
    return {
        name: {
            "name": names[name],
            "width": each.width,
            "height": each.height,
            "bytes": len(each.data),
        }
        for name, each in variants.items()
    }
