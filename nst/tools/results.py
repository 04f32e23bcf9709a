"""Quick work on finished pictures and on recordings of how they were painted.

What one verb does not need is not loaded: that is half the waiting.
"""

from __future__ import annotations

from contextlib import suppress

from nst.errors import ImageError
from nst.images import encode_image, load_image, read_recipe
from nst.options import Colours
from nst.tools.request import Answer, Request


def finish(request: Request) -> Answer:
    """Write the painting `raw` in other colours, with the recipe of `like`."""
    from nst.finishing import finish as finished  # noqa: PLC0415

    colours = Colours(request.options["colours"])
    raw, photo = (load_image(request.file(name)) for name in ("raw", "photo"))
    masks = [load_image(mask).image.convert("L") for mask in request.files("mask")]
    image = finished(raw.image, photo.image, colours=colours, mask=masks[0] if masks else None)
    recipe = None
    with suppress(ImageError):  # pictures of another painter carry none
        recipe = read_recipe(request.file("like"))
        recipe["options"] = {**recipe["options"], "colours": colours.value}
    suffix, data = encode_image(
        image, recipe=recipe, alpha=photo.alpha, max_bytes=request.options.get("max_bytes")
    )
    request.write("out", data)
    return {"suffix": suffix, "width": image.width, "height": image.height}


def compare(request: Request) -> Answer:
    """Write photo + styles = result, in pictures alone."""
    from nst.report.sheets import equation  # noqa: PLC0415

    photo, result = (load_image(request.file(name)).image for name in ("photo", "result"))
    sheet = equation(photo, [load_image(style).image for style in request.files("styles")], result)
    suffix, data = encode_image(sheet, recipe=None, max_bytes=request.options.get("max_bytes"))
    request.write("out", data)
    return {"suffix": suffix, "width": sheet.width, "height": sheet.height}


def film(request: Request) -> Answer:
    """Write the frames of a recording as a film."""
    from nst.recording import Recording  # noqa: PLC0415
    from nst.report.timelapse import Film, timelapse  # noqa: PLC0415

    kind, most = Film(request.options["kind"]), request.options.get("max_bytes")
    request.write("out", timelapse(Recording.load(request.file("recording")), kind, max_bytes=most))
    return {"suffix": f".{kind.value}"}


def curve(request: Request) -> Answer:
    """Write the losses of a recording as a plot."""
    from nst.recording import Recording  # noqa: PLC0415
    from nst.report.curves import loss_curves  # noqa: PLC0415

    history = Recording.load(request.file("recording")).history
    title, labels = request.options["title"], request.options["labels"]
    request.write("out", loss_curves(history, title=title, labels=labels))
    return {"suffix": ".png"}


def recipe(request: Request) -> Answer:
    """Answer with what the file of a result says of how it was made."""
    return {"recipe": read_recipe(request.file("result"))}


def white(request: Request) -> Answer:
    """Answer with the mean of a mask, 0 black to 1 white."""
    from PIL import ImageStat  # noqa: PLC0415

    mask = load_image(request.file("mask")).image.convert("L")
    return {"share": ImageStat.Stat(mask).mean[0] / 255}
