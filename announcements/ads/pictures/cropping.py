"""Which part of a picture a placement shows; all in pixels."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from announcements.ads.pictures.errors import BadPicture

if TYPE_CHECKING:
    from announcements.catalogue.models import Placement

# How far the proportion may be off: less than anybody sees, more than rounding to pixels costs.
TOLERANCE = 0.01
SCALES = (1, 2, 3)

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    x: int
    y: int
    width: int
    height: int

    @property
    def corners(self) -> tuple[int, int, int, int]:
        return self.x, self.y, self.x + self.width, self.y + self.height

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def whole_if_fitting(size: Size, placement: Placement) -> Box | None:
    """The whole picture when it has the placement's proportion; None = somebody has to choose."""
    return Box(0, 0, *size) if has_proportion(size, placement) else None


def has_proportion(size: Size, placement: Placement) -> bool:
    wanted = placement.width / placement.height
    return abs(size[0] / size[1] / wanted - 1) <= TOLERANCE


def check_large_enough(size: Size, placement: Placement) -> None:
    if size[0] < placement.width or size[1] < placement.height:
        raise BadPicture(
            _(
                "The picture is too small: %(width)s × %(height)s pixels. “%(placement)s” needs at"
                " least %(least)s, better %(best)s."
            )
            % {
                "width": size[0],
                "height": size[1],
                "placement": placement,
                "least": f"{placement.width} × {placement.height}",
                "best": f"{placement.width * 3} × {placement.height * 3}",
            },
            code="picture_small",
        )


def check_box(box: Box, size: Size, placement: Placement) -> None:
    """Raises ``BadPicture`` unless the box lies in the picture, in proportion, and is large enough
    for the placement at 1×."""
    right, bottom = box.corners[2:]
    if (
        min(box.x, box.y) < 0
        or min(box.width, box.height) < 1
        or right > size[0]
        or bottom > size[1]
    ):
        raise BadPicture(
            _("The chosen part reaches beyond the picture (%(width)s × %(height)s pixels).")
            % {"width": size[0], "height": size[1]},
            code="crop_outside",
        )
    if not has_proportion((box.width, box.height), placement):
        raise BadPicture(
            _(
                "The chosen part (%(width)s × %(height)s pixels) does not have the proportion of"
                " “%(placement)s”, which is %(wanted)s."
            )
            % {
                "width": box.width,
                "height": box.height,
                "placement": placement,
                "wanted": f"{placement.width} : {placement.height}",
            },
            code="crop_proportion",
        )
    # A rounded height may miss the last pixel of a part that is exactly wide enough.
    if scales_for(box, placement) == ():
        check_large_enough((box.width, box.height), placement)


def scales_for(box: Box, placement: Placement) -> tuple[int, ...]:
    """Never enlarged; the tolerance of the proportion is all that is evened out."""
    return tuple(
        scale
        for scale in SCALES
        if box.width >= placement.width * scale
        and box.height * (1 + TOLERANCE) >= placement.height * scale
    )
