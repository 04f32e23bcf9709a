"""Frames survive the way through pipes of any granularity; what is no frame is refused."""

from __future__ import annotations

import asyncio
import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.frames import MAX_BODY, MAX_HEAD, Frame, FrameError, read, receive

FRAMES = st.builds(Frame, head=st.binary(max_size=200), body=st.binary(max_size=2000))


async def receive_all(data: bytes) -> list[Frame]:
    stream = asyncio.StreamReader()
    stream.feed_data(data)
    stream.feed_eof()
    frames = []
    while frame := await receive(stream):
        frames.append(frame)
    return frames


@given(frames=st.lists(FRAMES, max_size=5), lost=st.integers(min_value=0, max_value=3))
def test_round_trip(frames: list[Frame], lost: int) -> None:
    data = b"".join(frame.encode() for frame in frames)
    kept = frames[:-1] if lost and frames else frames
    data = data[: len(data) - lost] if frames else data
    assert asyncio.run(receive_all(data)) == kept
    stream = io.BytesIO(data)
    assert list(iter(lambda: read(stream), None)) == kept


@given(data=st.binary(max_size=100))
def test_noise_ends_or_is_refused(data: bytes) -> None:
    for consume in (lambda: asyncio.run(receive_all(data)), lambda: [read(io.BytesIO(data))]):
        with contextlib.suppress(FrameError):
            consume()


@pytest.mark.parametrize(
    "frame",
    [Frame("y" * (MAX_HEAD + 1)), Frame("x", b"y" * (MAX_BODY + 1))],
    ids=["head", "body"],
)
def test_nothing_over_the_limits_is_sent(frame: Frame) -> None:
    with pytest.raises(FrameError, match="over"):
        frame.encode()


async def test_a_length_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(FrameError, match="over"):
        await receive_all(b"\xff" * 8)
