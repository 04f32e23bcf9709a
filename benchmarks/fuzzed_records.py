"""Damaged messages, recipes, recordings, checkpoints and values of forms, for `benchmarks.fuzz`."""

from __future__ import annotations

import io
import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from backend.codec import Unreadable
from backend.engine.messages import FROM_WORKER, TO_WORKER
from backend.errors import UserError
from backend.i18n import Text
from benchmarks.fuzzed import damage
from bot.orders.typed import weights, whole
from nst.checkpoint import Checkpoint, CheckpointFile
from nst.errors import NstError
from nst.images import read_recipe, save_image
from nst.options import Colours
from nst.progress import Progress
from nst.recording import Recording

_RECIPE: Final = {"options": {"preset": "draft", "seed": 3}, "version": 1}


@dataclass
class Records:
    """What was seen: how many records of each kind, and exceptions that nobody promised."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def attack(dice: random.Random, count: int) -> Records:
    """Give each reader damaged records, `count` in all."""
    seen = Records()
    readers = tuple(_READERS.items())
    for number in range(count):
        name, (whole_one, reader, promised) = readers[number % len(readers)]
        data = bytearray(whole_one())
        for _ in range(dice.choice((0, 1, 2, 5, 20))):
            damage(dice, data, [whole_one()])
        try:
            reader(bytes(data))
            seen.outcomes[f"{name}: read"] += 1
        except promised:
            seen.outcomes[f"{name}: refused"] += 1
        except Exception as error:
            seen.faults.append(f"{name}: {error!r} of {bytes(data)[:200]!r}")
    return seen


@cache
def _message() -> bytes:
    told = {"kind": "failed", "words": {"template": "Out of memory.", "values": {}}, "trace": "T"}
    return json.dumps(told).encode()


def _read_message(data: bytes) -> None:
    for codec in (FROM_WORKER, TO_WORKER):
        try:
            codec.decode(data)
        except Unreadable:
            continue


@cache
def _picture() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.png")
        save_image(Image.new("RGB", (16, 16)), path, recipe=_RECIPE)
        return path.read_bytes()


@cache
def _recording() -> bytes:
    recording = Recording(frames=4, frame_size=32)
    recording.begin(Image.new("RGB", (32, 24)), colours=Colours.STYLE)
    for step in (1, 2, 3):
        progress = Progress(
            step=step,
            steps=3,
            evaluations=step,
            fraction=step / 3,
            total_loss=1.0,
            losses={"content": 0.5, "style": 0.5},
            style_layer_losses={"relu1_1": 0.5},
            width=32,
            height=24,
            seconds=0.1,
            seconds_left=0.1,
        )
        recording.note(progress, lambda _: Image.new("RGB", (32, 24)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.zip")
        recording.save(path)
        return path.read_bytes()


def _read_recording(data: bytes) -> None:
    recording = Recording.load(io.BytesIO(data))
    recording.pictures()


@cache
def _checkpoint() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.npz")
        picture = np.zeros((1, 3, 16, 16), np.float32)
        CheckpointFile(path, _RECIPE, 0).write(Checkpoint(picture, 3, 1.0))
        return path.read_bytes()


def _read_checkpoint(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.npz")
        path.write_bytes(data)
        CheckpointFile(path, _RECIPE, 0).read()


def _read_typed(data: bytes) -> None:
    typed = data.decode("utf-8", "replace")[:4000]
    try:
        weights(typed)
    except UserError:
        whole(Text("Size"), typed, 64, 512)


_Reader = tuple[Callable[[], bytes], Callable[[bytes], object], tuple[type[Exception], ...]]
_READERS: Final[dict[str, _Reader]] = {
    "message": (_message, _read_message, ()),
    "recipe": (_picture, lambda data: read_recipe(io.BytesIO(data)), (NstError,)),
    "recording": (_recording, _read_recording, (NstError,)),
    "checkpoint": (_checkpoint, _read_checkpoint, ()),
    "typed value": ("2, 1; 1,5 \u00b2 \uff11".encode, _read_typed, (UserError,)),
}
