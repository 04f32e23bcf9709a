"""A throw-away process that turns an untrusted file into a clean picture.

    python -m nst.sandbox INPUT OUT_PNG THUMB_JPG [--working-side 4096] [--max-bytes …] …

It bounds its own memory, CPU time, file sizes and open files before it looks at the input, so a
hostile file costs its caller one dead process at the most. OUT_PNG is our own encoding, without
metadata: RGB, or RGBA where something is transparent, its longest side at most `--working-side`.
THUMB_JPG is a small JPEG on white. Exactly one line of JSON goes to standard output:

    {"ok": true, "width": 640, "height": 480, "sha256": "…", "fingerprint": "…" | null}
                                       size and look (nst.fingerprint) of OUT_PNG; hash of the input
    {"ok": false, "error": {"template": "…", "values": {…}}}       words for whoever sent it

Traces go to standard error. The exit status is 0 in both cases, 2 for wrong arguments.
"""

from __future__ import annotations

import argparse
import errno
import json
import logging
import os
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, TypeVar

from nst.errors import ImageError
from nst.limits import Limits
from nst.text import Text

_log = logging.getLogger(__name__)

WORKING_SIDE: Final = 4096
THUMBNAIL_SIDE: Final = 384
_NO_ROOM: Final = Text("There is no room left to store this picture. Try again later.")
_UNEXPECTED: Final = Text(
    "This picture could not be unpacked. Open it, save it anew and send that."
)

_Settings = TypeVar("_Settings", Limits, "Resources")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What the process allows itself (POSIX resource limits).

    Attributes:
        memory_mib: address space. Unpacking 64 megapixels took 1.3 GiB at its worst (float
            TIFF, WebP with transparency).
        cpu_seconds: processor time; the system ends the process after that.
        file_mib: size of any file it writes.
        open_files: descriptors.
    """

    memory_mib: int = 2048
    cpu_seconds: int = 30
    file_mib: int = 256
    open_files: int = 64


def main(arguments: list[str] | None = None) -> int:
    """Entry point; see the module's text."""
    args = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    os.umask(0o077)
    # Each thread of a BLAS would reserve address space, and there is no algebra to do here.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    _restrict(_take(Resources, args))
    answer: dict[str, Any]
    try:
        answer = _clean(args)
    except ImageError as error:
        _log.info("Refused.", exc_info=True)
        answer = {"ok": False, "error": error.text.as_dict()}
    except Exception:
        _log.exception("Unexpected.")
        answer = {"ok": False, "error": _UNEXPECTED.as_dict()}
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m nst.sandbox", allow_abbrev=False)
    parser.add_argument("input", type=Path)
    parser.add_argument("out_png", type=Path)
    parser.add_argument("thumb_jpg", type=Path)
    parser.add_argument("--working-side", type=int, default=WORKING_SIDE)
    for field in (*fields(Limits), *fields(Resources)):
        option = "--" + field.name.replace("_", "-")
        parser.add_argument(option, type=type(field.default), default=field.default)
    return parser


def _take(kind: type[_Settings], args: argparse.Namespace) -> _Settings:
    """Fill a dataclass from the options named like its fields."""
    return kind(**{field.name: getattr(args, field.name) for field in fields(kind)})


def _restrict(resources: Resources) -> None:
    """Lower this process's limits for good."""
    try:
        import resource  # noqa: PLC0415 (there is none on Windows)
    except ImportError:
        _log.warning("No resource limits on this system; the caller's time limit has to do.")
        return
    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, resources.cpu_seconds),
        (resource.RLIMIT_FSIZE, resources.file_mib * 2**20),
        (resource.RLIMIT_NOFILE, resources.open_files),
        (resource.RLIMIT_AS, resources.memory_mib * 2**20),
    ):
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(kind, (bound, bound))
        except (OSError, ValueError) as error:  # macOS refuses RLIMIT_AS
            _log.warning("Resource limit %s not set: %s", kind, error)


def _clean(args: argparse.Namespace) -> dict[str, Any]:
    # Imported under the limits: a codec that misbehaves on loading is bounded as well.
    from nst.decode import on_white  # noqa: PLC0415
    from nst.fingerprint import fingerprint  # noqa: PLC0415
    from nst.images import load_image, thumbnail  # noqa: PLC0415

    loaded = load_image(args.input, limits=_take(Limits, args))
    picture = loaded.colour
    if loaded.alpha is not None:
        picture.putalpha(loaded.alpha)
    picture.thumbnail((args.working_side, args.working_side))
    alpha = None if loaded.alpha is None else picture.getchannel("A")
    small = thumbnail(on_white(picture.convert("RGB"), alpha), THUMBNAIL_SIDE)
    try:
        picture.save(args.out_png, "PNG", compress_level=1)
        args.thumb_jpg.write_bytes(small)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise ImageError(_NO_ROOM) from error
        raise
    width, height = picture.size
    return {
        "ok": True,
        "width": width,
        "height": height,
        "sha256": loaded.sha256,
        "fingerprint": fingerprint(picture),
    }


if __name__ == "__main__":
    sys.exit(main())
