"""Going on from an earlier result, by the recipe that it carries."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from typing import Any

from nst import transfer
from nst.errors import OptionsError
from nst.images import LoadedImage, read_recipe
from nst.inputs import MAX_STYLE_WEIGHT, StyleImage, preloaded
from nst.options import Options, completed
from nst.result import Result
from nst.sources import ImageSource, as_loaded

_log = logging.getLogger(__name__)


def continue_(
    result: Result | str | Path | bytes,
    content_image: ImageSource,
    style_image: ImageSource | StyleImage | Sequence[ImageSource | StyleImage],
    *,
    mask: ImageSource | None = None,
    steps: int | None = None,
    **further: Any,
) -> Result:
    """Go on from an earlier result, at another strength, size or with other colours.

        more = nst.continue_("result.png", "photo.jpg", "painting.jpg", strength=80)

    A fraction of a new picture's work: only the finest scale is painted, or those that are larger
    than the result. What is not changed is as in the result's recipe, the weights of styles that
    are named without one included. Masks are not in the recipe: give them again. Pictures other
    than those that the result was made from are taken, and told with a warning in the log.

    Args:
        result: what `nst.stylize` returned, or a file that was made by it.
        content_image: the photo that it was made from, as for `nst.stylize`.
        style_image: the same of the style image, or of all of them.
        mask: as for `nst.stylize`.
        steps: how many steps at full size instead; 0 repaints nothing.
        further: fields of `Options` by name, such as `strength=80`, and the further arguments of
            `nst.stylize`, such as `on_progress` and `device`.

    Raises:
        TypeError: there is no argument or option of a name in `further`.
        ImageError: the result carries no recipe, or an image cannot be used.
        OptionsError: the recipe cannot be read by this version or names a weights file, or the
            options do not fit.
        WeightsError, DeviceError: as for `nst.stylize`.
    """
    recipe, start = _read(result)
    names = {each.name for each in fields(Options)}
    options = options_of(recipe, {name: further.pop(name) for name in names & further.keys()})
    photo = as_loaded(content_image)
    styles = preloaded(style_image, weights=weights_of(recipe))
    for sentence in _others(recipe, photo, styles, mask):
        _log.warning(sentence)
    return transfer.stylize(
        photo, styles, options, mask=mask, init_image=start, steps=steps, **further
    )


def options_of(recipe: Mapping[str, Any], changes: Mapping[str, Any]) -> Options:
    """Return the options of a recipe, but for those that are changed.

    Raises:
        OptionsError: this version cannot read them, or they name a weights file.
    """
    try:
        named = {**completed(recipe["options"]), **changes}
        if named["weights"] == "file":
            raise OptionsError(
                "This result was made with a weights file: name it with --weights FILE, in Python "
                "weights=…"
            )
        return Options(**named)
    except (KeyError, TypeError) as error:
        raise OptionsError(
            "The recipe of this result cannot be read by this version of nst; paint it anew."
        ) from error


def weights_of(recipe: Mapping[str, Any]) -> list[float]:
    """Return the weights of the style images that a result was made from."""
    weights = [style.get("weight") for style in _parts(recipe, "styles")]
    known = [each for each in weights if isinstance(each, int | float)]
    return [float(each) for each in known if 0 < each <= MAX_STYLE_WEIGHT]


def _read(result: Result | str | Path | bytes) -> tuple[Mapping[str, Any], ImageSource]:
    """Return the recipe of a result, and what to go on from."""
    if isinstance(result, Result):
        return result.recipe, result.raw
    return read_recipe(BytesIO(result) if isinstance(result, bytes) else result), result


def _parts(recipe: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return what a recipe, which may come from anywhere, says of one picture or of several."""
    said = recipe.get(name)
    return [part for part in (said if isinstance(said, list) else [said]) if isinstance(part, dict)]


def _digests(parts: Iterable[Any], name: str = "sha256") -> list[str]:
    found = (part.get(name) for part in parts)
    return sorted(digest for digest in found if isinstance(digest, str))


def _others(
    recipe: Mapping[str, Any],
    content: LoadedImage,
    styles: Sequence[StyleImage],
    mask: ImageSource | None,
) -> Iterator[str]:
    """Yield what to say if these are not the pictures that the result was made from."""
    if _digests(_parts(recipe, "content")) != [content.sha256]:
        yield "This is not the photo that the result was made from."
    known = _parts(recipe, "styles")
    if _digests(known) != sorted(as_loaded(style.image).sha256 for style in styles):
        yield "The result was made with other style images."
    masks = [mask, *(style.mask for style in styles)]
    once = {*_digests([recipe], "mask"), *_digests(known, "mask")}
    if once != {as_loaded(each).sha256 for each in masks if each is not None}:
        yield "The result was made with other masks."
