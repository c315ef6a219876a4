"""Uploaded pictures: decoded within bounds and drawn anew, so that nothing of the file itself is ever served.

What a file is, its content says: Pillow is asked for four formats and no other, since each further decoder is a further
way in. The number of pixels is known from the header; a file of 10 KB can hold 80 million.
"""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps

from chatstream.errors import ImageTooLarge, UnsupportedImage

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
MAX_PIXELS = 25_000_000
TOO_MANY_PIXELS = f"The image has more than {MAX_PIXELS // 1_000_000} megapixels."
MAX_SCANS = 100
"""Of a progressive JPEG, which has some ten. Each goes over the whole picture and may take ten bytes of the file."""
SIDE = 256
MEDIA_TYPE = "image/webp"
QUALITY = 85

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# Pillow's own guard, for what a decoder finds beyond the header; below twice the number it would only warn.
warnings.simplefilter("error", Image.DecompressionBombWarning)

_SCAN = b"\xff\xda"
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def square_webp(data: bytes) -> bytes:
    """The picture in ``data`` as a WebP of 256x256 pixels without metadata.

    Upright as its EXIF orientation says, its middle square scaled, the first frame of an animation.
    Raises UnsupportedImage, ImageTooLarge. Takes up to some 0.6 s of CPU and 400 MB: one at a time.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            _check(picture, data)
            return _encoded(_square(picture))
    except _BOMBS:
        raise ImageTooLarge(TOO_MANY_PIXELS) from None
    except ImageTooLarge:
        raise
    except Exception:  # noqa: BLE001 - decoders fail on bad data in a dozen ways, and they all mean the same
        raise UnsupportedImage("Send a PNG, JPEG, GIF or WebP image that is whole.") from None


def _check(picture: Image.Image, data: bytes) -> None:
    """By what the header says, before a pixel is decoded. Raises ImageTooLarge."""
    if picture.width * picture.height > MAX_PIXELS:
        raise ImageTooLarge(TOO_MANY_PIXELS)
    if picture.format in ("JPEG", "MPO") and data.count(_SCAN) > MAX_SCANS:
        raise ImageTooLarge(f"The image has more than {MAX_SCANS} scans.")


def _square(picture: Image.Image) -> Image.Image:
    picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is decoded at an eighth of its size where that is enough
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    square = ImageOps.fit(picture if picture.mode == mode else picture.convert(mode), (SIDE, SIDE))
    return ImageOps.exif_transpose(square)


def _encoded(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.info = {}
    picture.save(file, "WEBP", quality=QUALITY)
    return file.getvalue()
