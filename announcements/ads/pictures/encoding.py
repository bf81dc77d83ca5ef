"""From pixels to the files that customers load. Equal bytes for equal placements are made once."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from PIL import Image

from announcements.ads.pictures import cropping
from announcements.ads.pictures.cropping import Box, Size
from announcements.ads.pictures.decoding import decode

if TYPE_CHECKING:
    from announcements.catalogue.models import Placement

QUALITY, METHOD = 82, 4
# Of the whole picture, from which later crops are made: hardly a loss, and quickly written.
ORIGINAL_QUALITY, ORIGINAL_METHOD = 93, 2
THUMBNAIL_WIDTH = 320
# The same artwork goes to a hundred banks in a row; anything else is made once anyway.
MOST_REMEMBERED, MOST_BYTES_REMEMBERED = 24, 16 * 2**20


@dataclass(frozen=True, slots=True)
class Encoded:
    width: int
    height: int
    data: bytes

    @property
    def digest(self) -> str:
        return sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Made:
    """All files of one picture: the whole, and, of the part that was chosen, the variants."""

    original: Encoded
    box: Box | None
    # By name: "1x", "2x", "3x", "thumbnail".
    variants: dict[str, Encoded]

    @property
    def bytes_held(self) -> int:
        return len(self.original.data) + sum(len(each.data) for each in self.variants.values())


def make(data: bytes, placement: Placement, box: Box | None = None, file_name: str = "") -> Made:
    """Of what was uploaded. Without a box the whole is taken where its proportion fits, else
    nothing is cut yet. Raises ``BadPicture``."""
    key = (sha256(data).hexdigest(), file_name.rpartition(".")[2], _shape(placement), box)
    return _remembered(key, lambda: _made(decode(data, file_name), placement, box))


def cut(original: bytes, placement: Placement, box: Box) -> dict[str, Encoded]:
    """Of a whole picture that was written here before."""
    key = (sha256(original).hexdigest(), "", _shape(placement), box)
    return _remembered(key, lambda: _made_of_own(original, placement, box)).variants


def _made(image: Image.Image, placement: Placement, box: Box | None) -> Made:
    cropping.check_large_enough(image.size, placement)
    if box is not None:
        cropping.check_box(box, image.size, placement)
    box = box or cropping.whole_if_fitting(image.size, placement)
    original = _encode(image, ORIGINAL_QUALITY, ORIGINAL_METHOD)
    return Made(original, box, _variants(image, placement, box) if box else {})


def _made_of_own(original: bytes, placement: Placement, box: Box) -> Made:
    with Image.open(io.BytesIO(original), formats=["WEBP"]) as image:
        cropping.check_box(box, image.size, placement)
        image.load()
        image.info.clear()
        return Made(Encoded(*image.size, original), box, _variants(image, placement, box))


def _variants(image: Image.Image, placement: Placement, box: Box) -> dict[str, Encoded]:
    sizes = {
        f"{scale}x": (placement.width * scale, placement.height * scale)
        for scale in cropping.scales_for(box, placement)
    }
    sizes["thumbnail"] = _thumbnail_size(placement)
    return {name: _encode(_resized(image, box, size)) for name, size in sizes.items()}


def _thumbnail_size(placement: Placement) -> Size:
    width = min(placement.width, THUMBNAIL_WIDTH)
    return width, max(1, round(placement.height * width / placement.width))


def _resized(image: Image.Image, box: Box, size: Size) -> Image.Image:
    return image.resize(size, Image.Resampling.LANCZOS, box=box.corners, reducing_gap=3.0)


def _encode(image: Image.Image, quality: int = QUALITY, method: int = METHOD) -> Encoded:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=method, exif=b"", xmp=b"", icc_profile=b"")
    return Encoded(*image.size, buffer.getvalue())


def _shape(placement: Placement) -> Size:
    return placement.width, placement.height


_memory: OrderedDict[object, Made] = OrderedDict()
_lock = threading.Lock()


def _remembered(key: object, build: Callable[[], Made]) -> Made:
    with _lock:
        if key in _memory:
            _memory.move_to_end(key)
            return _memory[key]
    made = build()
    with _lock:
        _memory[key] = made
        while len(_memory) > MOST_REMEMBERED or _bytes_remembered() > MOST_BYTES_REMEMBERED:
            _memory.popitem(last=False)
    return made


def _bytes_remembered() -> int:
    return sum(made.bytes_held for made in _memory.values())


def forget() -> None:
    with _lock:
        _memory.clear()
