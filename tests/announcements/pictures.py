"""Files for the pictures' tests, good and hostile; all made here."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django_tenants.utils import tenant_context
from PIL import Image, ImageCms, PngImagePlugin

from announcements.ads.models import Picture
from announcements.catalogue.models import Placement
from tenants.platform import PLATFORM

SECRET = b"GPS-of-home-XMP-COMMENT"
GPS, MAKE, ORIENTATION = 0x8825, 0x010F, 0x0112


def make_placement(code: str = "home_banner", width: int = 300, height: int = 100) -> Placement:
    with tenant_context(PLATFORM):
        found, _created = Placement.objects.update_or_create(
            code=code, defaults={"width": width, "height": height}
        )
    return found


def artwork(width: int = 900, height: int = 300, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right, a green line on top."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    image.paste((30, 30, 200), (width // 2, 0, width, height))
    image.paste((30, 160, 30), (0, 0, width, height // 10))
    return image.convert(mode)


def encoded(image: Image.Image | None = None, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    (image or artwork()).save(buffer, kind, **options)
    return buffer.getvalue()


def upload(data: bytes, name: str = "art.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def stored_files() -> list[Path]:
    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


def opened(picture: Picture, variant: str = "1x") -> Image.Image:
    return Image.open(Path(settings.MEDIA_ROOT) / picture.variants[variant]["name"])


# --- notes that must not travel on ---------------------------------------------------------------
def with_notes(kind: str) -> bytes:
    """EXIF with a place and a camera, XMP, a comment and a colour profile."""
    image = artwork()
    exif = Image.Exif()
    exif[MAKE] = SECRET.decode()
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (28.0, 11.0, 49.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options: dict[str, Any] = {"exif": exif, "icc_profile": profile, "xmp": SECRET}
    if kind == "JPEG":
        options["comment"] = SECRET
    if kind == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", SECRET.decode())
        notes.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        options = {**options, "pnginfo": notes}
        options.pop("xmp")
    return encoded(image, kind, **options)


# --- hostile files -------------------------------------------------------------------------------
def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("evil.exe", b"\x90" * 4000)
    return buffer.getvalue()


PAGE = b"<!doctype html><script>steal(document.cookie)</script>" + b"<p>x</p>" * 100
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
SVG_WITH_SCRIPT = b'<?xml version="1.0"?><svg onload="steal()"><script>steal()</script></svg>'
DOCUMENT = b"%PDF-1.7\n1 0 obj\n<</Type /Catalog>>\n" + b"%" * 600


def bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of a few kilobytes that unpacks to gigabytes."""
    row = zlib.compress(b"\0" * 1_000_000, 9)
    return _png(width, height, row)


def _png(width: int, height: int, body: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def text_bomb() -> bytes:
    """A comment of 64 MB, packed small, in a valid PNG."""
    packed = b"Comment\0\0" + zlib.compress(b"A" * 64 * 2**20, 9)
    plain = encoded(artwork())
    return plain[:33] + _chunk(b"zTXt", packed) + plain[33:]


def animated(kind: str) -> bytes:
    frames = [artwork(), artwork().transpose(Image.Transpose.ROTATE_180)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def jpeg_comment(data: bytes, comment: bytes) -> bytes:
    """The same JPEG with a second document inside, where programs keep their notes."""
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + data[2:]


def linear_profile() -> bytes:
    """sRGB's colours with a straight curve: in it the same numbers stand for lighter tones."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    head, *curves = profile.split(b"para\0\0\0\0")
    # Function 0, exponent 1.
    straight = (b"\0\0\0\0" + b"\0\1\0\0" + curve[8:] for curve in curves)
    return b"para\0\0\0\0".join([head, *straight])
