"""What a server takes as a sticker and as an emoji.

Sources: Discord's API documentation, "Create Guild Sticker" (PNG, APNG, GIF or Lottie, at most
512 KiB, 320 × 320 px, five seconds where it moves) and "Create Guild Emoji" (at most 256 KiB); its
error codes from 170001 on (1000 frames); its help pages: emoji best 128 × 128 px. Lottie is for
partners alone and refused here.

Assumption: the time counts as the file says it, not as browsers show very short frames.
"""

from __future__ import annotations

from typing import Final

from localchat.animation import playing
from localchat.enums import StickerFormat
from localchat.media import picture_size

STICKER_SIDE: Final = 320
STICKER_BYTES: Final = 512 * 1024
STICKER_SECONDS: Final = 5
STICKER_FRAMES: Final = 1000
_NAME: Final = (2, 30)
EMOJI_BYTES: Final = 256 * 1024
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_GIF: Final = (b"GIF87a", b"GIF89a")
_EMOJI: Final = (_PNG, *_GIF, b"\xff\xd8\xff", b"RIFF")


def check_sticker(name: str, data: bytes) -> StickerFormat:
    """Return what kind of sticker a file is, or raise ValueError."""
    if not _NAME[0] <= len(name) <= _NAME[1]:
        raise ValueError(f"a sticker's name has {_NAME[0]} to {_NAME[1]} letters")
    _check_bytes(data, STICKER_BYTES)
    if picture_size(data) != (STICKER_SIDE, STICKER_SIDE):
        raise ValueError(f"a sticker has {STICKER_SIDE} × {STICKER_SIDE} px")
    play = playing(data)
    if play is None:
        raise ValueError("a sticker is a PNG, an APNG or a GIF, whole")
    if play.frames > STICKER_FRAMES:
        raise ValueError(f"a sticker has {STICKER_FRAMES} frames at most")
    if play.seconds > STICKER_SECONDS:
        raise ValueError(f"a sticker takes {STICKER_SECONDS} s at most, not {play.seconds:.2f} s")
    if data.startswith(_GIF):
        return StickerFormat.GIF
    return StickerFormat.APNG if play.frames > 1 else StickerFormat.PNG


def check_emoji(data: bytes) -> None:
    """Raise ValueError for a file that cannot be an emoji."""
    _check_bytes(data, EMOJI_BYTES)
    if picture_size(data) is None or not data.startswith(_EMOJI):
        raise ValueError("an emoji is a PNG, JPEG, GIF or WebP")
    if data.startswith((_PNG, *_GIF)) and playing(data) is None:
        raise ValueError("the emoji's file is damaged")


def _check_bytes(data: bytes, most: int) -> None:
    if len(data) > most:
        raise ValueError(f"it is larger than {most // 1024} KiB")
