"""A throw-away process for quick work on finished pictures: no network, no torch.

    python -m nst.tools REQUEST

REQUEST is one JSON object whose `work` is one of:

    {"work": "finish", "raw": …, "photo": …, "mask": …|null, "colours": …, "like": …, "out": …}
        the picture of `out` with other colours; the recipe comes from the picture `like`
    {"work": "compare", "photo": …, "styles": [… 1 to 8], "result": …, "out": …}
    {"work": "film", "recording": …, "kind": "mp4", "out": …}
    {"work": "curve", "recording": …, "title": …, "labels": {"step": "…"}, "out": …}
    {"work": "recipe", "result": …}
    {"work": "white", "mask": …}

Every one may have `max_bytes`; all but the last two write the file `out`, whose suffix is added.
Exactly one line of JSON goes to standard output:

    {"ok": true, "path": "…", "width": 640, "height": 480}     sizes of `finish` and `compare` only
    {"ok": true, "recipe": {…}}
    {"ok": true, "share": 0.25}                                the mask's mean, 0 black to 1 white
    {"ok": false, "error": {"template": "…", "values": {…}}}   words for whoever asked

Traces go to standard error. The exit status is 0 in both cases, 2 for a request that is none.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from nst.errors import NstError
from nst.text import Text

_log = logging.getLogger(__name__)

_UNEXPECTED: Final = Text("This could not be made because of a fault on our side.")

Request = dict[str, Any]
Answer = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    """Entry point; see the module's text."""
    (text,) = sys.argv[1:] if arguments is None else arguments
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    os.umask(0o077)
    try:
        request: Request = json.loads(text)
        work = _WORK[request["work"]]
    except (ValueError, KeyError, TypeError):
        _log.exception("Not a request.")
        return 2
    answer: Answer
    try:
        answer = {"ok": True} | work(request)
    except NstError as error:
        _log.info("Refused.", exc_info=True)
        answer = {"ok": False, "error": error.text.as_dict()}
    except Exception:
        _log.exception("Unexpected.")
        answer = {"ok": False, "error": _UNEXPECTED.as_dict()}
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def _finish(request: Request) -> Answer:
    # What one kind of work does not need is not loaded: that is half the waiting.
    from nst.errors import ImageError  # noqa: PLC0415
    from nst.finishing import finish  # noqa: PLC0415
    from nst.images import load_image, read_recipe, save_image  # noqa: PLC0415
    from nst.options import Colours  # noqa: PLC0415

    colours = Colours(request["colours"])
    raw, photo = load_image(request["raw"]), load_image(request["photo"])
    mask = request.get("mask") and load_image(request["mask"]).image.convert("L")
    image = finish(raw.image, photo.image, colours=colours, mask=mask or None)
    recipe = None
    with suppress(ImageError):  # pictures of another painter carry none
        recipe = read_recipe(request["like"])
        recipe["options"] = {**recipe["options"], "colours": colours.value}
    path = save_image(
        image, request["out"], recipe=recipe, alpha=photo.alpha, max_bytes=request.get("max_bytes")
    )
    return {"path": str(path), "width": image.width, "height": image.height}


def _compare(request: Request) -> Answer:
    from nst.images import load_image, save_image  # noqa: PLC0415
    from nst.report.sheets import equation  # noqa: PLC0415

    photo, result = (load_image(request[name]).image for name in ("photo", "result"))
    sheet = equation(photo, [load_image(style).image for style in request["styles"]], result)
    path = save_image(sheet, request["out"], recipe=None, max_bytes=request.get("max_bytes"))
    return {"path": str(path), "width": sheet.width, "height": sheet.height}


def _film(request: Request) -> Answer:
    from nst.recording import Recording  # noqa: PLC0415
    from nst.report.timelapse import Film, timelapse  # noqa: PLC0415

    kind = Film(request["kind"])
    film = timelapse(Recording.load(request["recording"]), kind, max_bytes=request.get("max_bytes"))
    return _write(request["out"], kind.value, film)


def _curve(request: Request) -> Answer:
    from nst.recording import Recording  # noqa: PLC0415
    from nst.report.curves import loss_curves  # noqa: PLC0415

    history = Recording.load(request["recording"]).history
    plot = loss_curves(history, title=request["title"], labels=request["labels"])
    return _write(request["out"], "png", plot)


def _recipe(request: Request) -> Answer:
    from nst.images import read_recipe  # noqa: PLC0415

    return {"recipe": read_recipe(request["result"])}


def _white(request: Request) -> Answer:
    from PIL import ImageStat  # noqa: PLC0415

    from nst.images import load_image  # noqa: PLC0415

    mask = load_image(request["mask"]).image.convert("L")
    return {"share": ImageStat.Stat(mask).mean[0] / 255}


def _write(out: str, suffix: str, data: bytes) -> Answer:
    path = Path(out).with_suffix(f".{suffix}")
    path.write_bytes(data)
    return {"path": str(path)}


_WORK: Final[dict[str, Callable[[Request], Answer]]] = {
    "finish": _finish,
    "compare": _compare,
    "film": _film,
    "curve": _curve,
    "recipe": _recipe,
    "white": _white,
}


if __name__ == "__main__":
    sys.exit(main())
