"""What a server takes as a sticker and as an emoji.

Sources: Discord's API documentation, "Create Guild Sticker" (PNG, APNG, GIF or Lottie, at most
512 KiB) and "Create Guild Emoji" (at most 256 KiB); its help pages: stickers are 320 × 320 px,
emoji best 128 × 128 px. Lottie is for partners alone and refused here.
"""

from __future__ import annotations

from typing import Final

from localchat.enums import StickerFormat
from localchat.media import picture_size

STICKER_SIDE: Final = 320
STICKER_BYTES: Final = 512 * 1024
EMOJI_BYTES: Final = 256 * 1024
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_GIF: Final = (b"GIF87a", b"GIF89a")
_EMOJI: Final = (_PNG, *_GIF, b"\xff\xd8\xff", b"RIFF")


def check_sticker(data: bytes) -> StickerFormat:
    """Return what kind of sticker a file is, or raise ValueError."""
    _check_bytes(data, STICKER_BYTES)
    if picture_size(data) != (STICKER_SIDE, STICKER_SIDE):
        raise ValueError(f"a sticker has {STICKER_SIDE} × {STICKER_SIDE} px")
    if data.startswith(_GIF):
        return StickerFormat.GIF
    if data.startswith(_PNG):
        return StickerFormat.APNG if b"acTL" in data else StickerFormat.PNG
    raise ValueError("a sticker is a PNG, an APNG or a GIF")


def check_emoji(data: bytes) -> None:
    """Raise ValueError for a file that cannot be an emoji."""
    _check_bytes(data, EMOJI_BYTES)
    if picture_size(data) is None or not data.startswith(_EMOJI):
        raise ValueError("an emoji is a PNG, JPEG, GIF or WebP")


def _check_bytes(data: bytes, most: int) -> None:
    if len(data) > most:
        raise ValueError(f"it is larger than {most // 1024} KiB")
