"""From the bytes of an upload to plain pixels: upright, sRGB, 8 bits, and nothing else."""

from __future__ import annotations

import io
import struct
import threading
import zlib

from django.utils.translation import gettext as _
from PIL import Image, ImageCms

from announcements.ads.pictures.errors import BadPicture
from announcements.ads.pictures.sniffing import Header, broken, read_header

MAX_PIXELS = 40_000_000
# WebP holds no more; wider than this is no picture of a placement.
MAX_SIDE = 16_000
# Of what is kept: more than three times the largest placement.
MAX_KEPT_SIDE = 4096

# What Pillow raises on hostile bytes.
_REFUSALS = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, OverflowError,
    struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112
# A picture at the limit takes some 300 MB while it is decoded: one at a time in each process.
_decoding = threading.Lock()


def decode(data: bytes, file_name: str = "") -> Image.Image:
    """RGB, or RGBA where something is transparent. Raises ``BadPicture``."""
    header = read_header(data, file_name)
    _check_size(header)
    with _decoding:
        return _plain(_pixels(data[: header.end], header))


def _check_size(header: Header) -> None:
    """Before anything is unpacked: a small file can hold a picture that fills the memory."""
    if header.width * header.height > MAX_PIXELS or max(header.width, header.height) > MAX_SIDE:
        raise BadPicture(
            _(
                "The picture is too large: %(width)s × %(height)s pixels, at most %(most)s million"
                " are accepted. Make it smaller and upload it again."
            )
            % {"width": header.width, "height": header.height, "most": MAX_PIXELS // 1_000_000},
            code="picture_pixels",
        )


def _pixels(data: bytes, header: Header) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=[header.kind])
        if image.size != (header.width, header.height):
            raise broken()
        if header.kind != "JPEG" and getattr(image, "is_animated", False):
            raise BadPicture(
                _("Moving pictures are not accepted. Save one frame as a picture and upload that."),
                code="picture_animated",
            )
        # A JPEG can be unpacked at a fraction of its size.
        image.draft(image.mode, (MAX_KEPT_SIDE, MAX_KEPT_SIDE))
        image.load()
    except _REFUSALS as error:
        raise broken() from error
    return image


def _plain(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    image = _eight_bits(_upright(image))
    alpha = _alpha_of(image)
    image.thumbnail((MAX_KEPT_SIDE, MAX_KEPT_SIDE), Image.Resampling.LANCZOS)
    image = _in_srgb(image, profile)
    if alpha is not None:
        alpha.thumbnail((MAX_KEPT_SIDE, MAX_KEPT_SIDE), Image.Resampling.LANCZOS)
        image.putalpha(alpha)
    # Neither words, places nor profiles travel on.
    image.info.clear()
    return image


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera said."""
    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except _REFUSALS:
        turn = None  # Unreadable notes are no reason to refuse a picture.
    return image if turn is None else image.transpose(turn)


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("P", "PA", "1") or "transparency" in image.info:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def _alpha_of(image: Image.Image) -> Image.Image | None:
    """None when nothing is transparent."""
    if image.mode not in ("RGBA", "LA", "La", "RGBa"):
        return None
    alpha = image.getchannel(image.getbands()[-1])
    return None if alpha.getextrema() == (255, 255) else alpha


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    colours = image.convert({"RGBA": "RGB", "LA": "L"}.get(image.mode, image.mode))
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            found = ImageCms.profileToProfile(colours, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, *_REFUSALS):
            found = None  # A profile that does not fit its picture says nothing.
        if found is not None:
            return found
    return colours.convert("RGB")
