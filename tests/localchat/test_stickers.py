"""Stickers and emoji: what Discord takes, and what it refuses."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from localchat import LocalChat, StickerFormat
from localchat.animation import playing
from localchat.stickers import check_emoji

SQUARE = (320, 320)


def still(kind: str, size: tuple[int, int] = SQUARE) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, kind)
    return buffer.getvalue()


def moving(kind: str, frames: int = 2, milliseconds: int = 100, **more: Any) -> bytes:
    buffer = io.BytesIO()
    colours = itertools.islice(itertools.cycle(["red", "green", "blue"]), frames)
    first, *others = [Image.new("RGB", SQUARE, colour) for colour in colours]
    first.save(buffer, kind, save_all=True, append_images=others, duration=milliseconds, **more)
    return buffer.getvalue()


def padded(data: bytes, size: int) -> bytes:
    """Return a file of so many bytes that shows the same."""
    return data + bytes(size - len(data))


def empty_frames(count: int) -> bytes:
    """Return a GIF whose second frame comes again and again, for no time."""
    first, second = Image.new("RGB", SQUARE, "red"), Image.new("RGB", SQUARE, "red")
    second.putpixel((0, 0), (0, 0, 255))
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=[second], duration=1)
    data = buffer.getvalue()
    again = data[data.rindex(b"\x21\xf9\x04") : -1]
    return data[:-1] + again * (count - 2) + b";"


TAKEN: dict[str, tuple[Callable[[], bytes], StickerFormat]] = {
    "png": (lambda: still("PNG"), StickerFormat.PNG),
    "apng": (lambda: moving("PNG"), StickerFormat.APNG),
    "gif": (lambda: moving("GIF"), StickerFormat.GIF),
    "five seconds": (lambda: moving("GIF", 50), StickerFormat.GIF),
    "five seconds of an apng": (lambda: moving("PNG", 50), StickerFormat.APNG),
    "512 KiB": (lambda: padded(still("PNG"), 512 * 1024), StickerFormat.PNG),
}
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "too heavy": (lambda: padded(still("PNG"), 512 * 1024 + 1), "larger than 512 KiB"),
    "too small": (lambda: still("PNG", (319, 320)), "320 × 320"),
    "too large": (lambda: still("PNG", (512, 512)), "320 × 320"),
    "jpeg": (lambda: still("JPEG"), "PNG, an APNG or a GIF"),
    "webp": (lambda: still("WEBP"), "PNG, an APNG or a GIF"),
    "too long": (lambda: moving("GIF", 51), "5 s at most, not 5.10"),
    "too long an apng": (lambda: moving("PNG", 3, 1700), "5 s at most, not 5.10"),
    "too many frames": (lambda: empty_frames(1001), "1000 frames"),
    "cut off": (lambda: moving("GIF")[:-9], "whole"),
    "a cut off apng": (lambda: moving("PNG")[:-9], "whole"),
    "words": (lambda: b"{}", "320 × 320"),
    "nothing": (lambda: b"", "320 × 320"),
}
NO_EMOJI: dict[str, tuple[Callable[[], bytes], str]] = {
    "too heavy": (lambda: padded(moving("GIF"), 256 * 1024 + 1), "larger than 256 KiB"),
    "words": (lambda: b"{}", "PNG, JPEG, GIF or WebP"),
    "bitmap": (lambda: still("BMP", (64, 64)), "PNG, JPEG, GIF or WebP"),
    "cut off": (lambda: moving("GIF")[:-9], "damaged"),
}


@pytest.mark.parametrize("name", TAKEN)
async def test_what_is_taken_as_a_sticker(chat: LocalChat, name: str) -> None:
    make, kind = TAKEN[name]
    assert chat.upload_sticker("wave", make()).format is kind


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_refused_as_a_sticker(chat: LocalChat, name: str) -> None:
    make, why = REFUSED[name]
    with pytest.raises(ValueError, match=why):
        chat.upload_sticker("wave", make())


@pytest.mark.parametrize("name", ["w", "w" * 31])
async def test_names_of_stickers(chat: LocalChat, name: str) -> None:
    with pytest.raises(ValueError, match="2 to 30 letters"):
        chat.upload_sticker(name, still("PNG"))


@pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG", "WEBP"])
def test_what_is_taken_as_an_emoji(kind: str) -> None:
    check_emoji(still(kind, (128, 128)))
    check_emoji(padded(still(kind, (128, 128)), 256 * 1024))


@pytest.mark.parametrize("name", NO_EMOJI)
def test_what_is_refused_as_an_emoji(name: str) -> None:
    make, why = NO_EMOJI[name]
    with pytest.raises(ValueError, match=why):
        check_emoji(make())


@pytest.mark.parametrize("kind", ["GIF", "PNG"])
def test_no_file_breaks_what_reads_it(kind: str) -> None:
    whole = moving(kind, 3)
    play = playing(whole)
    assert play is not None
    assert (play.frames, round(play.seconds, 6)) == (3, 0.3)
    for end in range(0, len(whole), 7):
        playing(whole[:end])
    for place in range(0, len(whole), 5):
        playing(whole[:place] + b"\xff" + whole[place + 1 :])
