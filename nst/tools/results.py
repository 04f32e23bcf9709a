"""Quick work on finished pictures."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from nst import finishing
from nst.errors import ImageError, NstError
from nst.images import encode_image, load_image, read_recipe, thumbnail
from nst.masks import read_mask, white_share
from nst.options import Colours
from nst.report.sheets import equation
from nst.tools.request import Answer, Request
from nst.tools.still import read_still

_SMALL_SIDE: Final = 256


def finish(request: Request) -> Answer:
    """Write the painting `raw` in other colours, with the recipe of `like`."""
    colours = Colours(request.options["colours"])
    raw, photo = (load_image(request.file(name)) for name in ("raw", "photo"))
    masks = [read_mask(load_image(mask)) for mask in request.files("mask")]
    image = finishing.finish(
        raw.filled, photo.filled, colours=colours, mask=masks[0] if masks else None
    )
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
    photo, result = (load_image(request.file(name)).image for name in ("photo", "result"))
    sheet = equation(photo, [load_image(style).image for style in request.files("styles")], result)
    suffix, data = encode_image(sheet, recipe=None, max_bytes=request.options.get("max_bytes"))
    request.write("out", data)
    return {"suffix": suffix, "width": sheet.width, "height": sheet.height}


def thumbnails(request: Request) -> Answer:
    """Write a small JPEG of each of the `pictures`, to `0`, `1` …"""
    for at, picture in enumerate(request.files("pictures")):
        with suppress(NstError):  # damaged: the others are still shown
            request.write(str(at), thumbnail(read_still(picture).filled, _SMALL_SIDE))
    return {}


def recipe(request: Request) -> Answer:
    """Answer with what the file of a result says of how it was made."""
    return {"recipe": read_recipe(request.file("result"))}


def white(request: Request) -> Answer:
    """Answer with how much of a mask is white, 0 to 1."""
    return {"share": white_share(read_mask(load_image(request.file("mask"))))}
