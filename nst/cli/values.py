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


def styles(first: str, more: Sequence[str], masks: Sequence[Path]) -> list[StyleImage]:
    """The style images, each `FILE` or `FILE:WEIGHT`, with their masks in the same order.

    Raises:
        OptionsError: there are masks, but not one for each style image.
    """
    from nst.inputs import StyleImage  # noqa: PLC0415 - see the package's text

    named = [first, *more]
    if masks and len(masks) != len(named):
        raise OptionsError(
            f"{len(masks)} style masks for {len(named)} style images: give --style-mask once for "
            "each of them, in the same order, or not at all."
        )
    regions: list[Path | None] = [*masks] or [None] * len(named)
    return [
        StyleImage(*path_and_weight(name), mask=region)
        for name, region in zip(named, regions, strict=True)
    ]


def path_and_weight(name: str) -> tuple[Path, float]:
    """`painting.jpg:2` is the file painting.jpg with weight 2, unless a file is called that."""
    match = _WEIGHTED.fullmatch(name)
    if match is None or Path(name).exists():
        return Path(name), 1.0
    return Path(match["path"]), float(match["weight"])
