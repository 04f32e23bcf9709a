"""Options that are more than one word: layers with weights, style images with weights and masks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nst.errors import OptionsError

if TYPE_CHECKING:
    from nst.inputs import StyleImage

_WEIGHTED: Final = re.compile(r"(?P<path>.+):(?P<weight>\d*\.?\d+)", re.DOTALL)


def layers(name: str, text: str | None) -> dict[str, float] | None:
    """`relu4_2=1,relu3_2=0.5` as layer to weight; a layer without a weight has 1.

    Raises:
        OptionsError: it is not written like that.
    """
    if text is None:
        return None
    found = {}
    for part in text.split(","):
        layer, _, weight = part.strip().partition("=")
        try:
            found[layer] = float(weight or 1)
        except ValueError:
            raise OptionsError(
                f"{name}: “{part}” is not a layer with a weight, such as relu4_2=0.5."
            ) from None
    return found


def styles(
    first: str, more: Sequence[str], masks: Sequence[Path], *, known: Sequence[float] = ()
) -> list[StyleImage]:
    """The style images, each `FILE` or `FILE:WEIGHT`, with their masks in the same order.

    Args:
        first: the first one.
        more: the others.
        masks: one for each, or none at all.
        known: weights of those that are named without one; 1 if there are not as many as styles.

    Raises:
        OptionsError: there are masks, but not one for each style image.
    """
    from nst.inputs import StyleImage  # noqa: PLC0415 - see the package's text

    named = [path_and_weight(name) for name in (first, *more)]
    if masks and len(masks) != len(named):
        raise OptionsError(
            f"{len(masks)} style masks for {len(named)} style images: give --style-mask once for "
            "each of them, in the same order, or not at all."
        )
    regions: list[Path | None] = [*masks] or [None] * len(named)
    usual = known if len(known) == len(named) else [1.0] * len(named)
    return [
        StyleImage(path, one if weight is None else weight, region)
        for (path, weight), one, region in zip(named, usual, regions, strict=True)
    ]


def path_and_weight(name: str) -> tuple[Path, float | None]:
    """`painting.jpg:2` is the file painting.jpg with weight 2, unless a file is called that.

    Without a weight it is None.
    """
    match = _WEIGHTED.fullmatch(name)
    if match is None or Path(name).exists():
        return Path(name), None
    return Path(match["path"]), float(match["weight"])
