"""Clean frames of untrusted films, in a process of its own."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from nst.film import FrameArchive
from nst.text import Text
from tests.nst import clips
from tests.nst.tools.support import run_tool

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX resource limits")


def _unpacked(folder: Path, data: bytes, most: int) -> tuple[dict[str, Any], FrameArchive]:
    source, film = folder / "source", folder / "film"
    source.write_bytes(data)
    done = run_tool(
        "frames",
        reads={"source": [source]},
        writes={"film": film, "sheet": folder / "sheet.jpg"},
        options={"max_frames": most},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), FrameArchive(io.BytesIO(film.read_bytes()))


@pytest.mark.parametrize(("frames", "kept"), [(20, 20), (21, 11), (80, 20)])
def test_frames_are_left_out_only_of_what_has_too_many(
    frames: int, kept: int, tmp_path: Path
) -> None:
    """FFmpeg takes each for one of a thousand a second."""
    answer, film = _unpacked(tmp_path, clips.recorded(clips.jittered(frames)), 20)
    assert answer["frames"] == len(film) == kept
    times = [*clips.jittered(frames + 1)]
    assert answer["seconds"] == pytest.approx(times[-2] + times[-2] - times[-3], abs=0.01)
    notes = [str(Text.from_dict(note)) for note in answer["notes"]]
    every = -(-frames // 20)
    said = f"Of its {frames} frames one of {every} is painted: 20 is the limit here."
    assert notes == ([said] if every > 1 else [])
