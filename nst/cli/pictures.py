"""The pictures that a command is given: style images with weights, and masks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from nst.errors import OptionsError

if TYPE_CHECKING:
    from nst.inputs import StyleImage

_WEIGHTED: Final = re.compile(r"(?P<path>.+):(?P<weight>\d*\.?\d+)", re.DOTALL)

Content = Annotated[Path, typer.Argument(help="The photo.")]
MoreStyles = Annotated[
    list[str] | None,
    typer.Option("--style", metavar="FILE[:WEIGHT]", help="One more style image; repeatable."),
]
Mask = Annotated[
    Path | None, typer.Option(help="Picture: white is painted, black keeps the photo.")
]
StyleMasks = Annotated[
    list[Path] | None,
    typer.Option(
        "--style-mask", help="Where a style applies (white); once for each style, in order."
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What a result is made from."""

    content: Content
    style: Annotated[
        str, typer.Argument(help="The picture whose look is wanted; FILE or FILE:WEIGHT.")
    ]
    more_styles: MoreStyles = None
    mask: Mask = None
    style_masks: StyleMasks = None

    @property
    def style_files(self) -> list[Path]:
        """Of all style images, in order."""
        return [path for path, _ in self._named]

    @property
    def mask_files(self) -> list[Path]:
        """Of all masks."""
        return [*(self.style_masks or []), *([self.mask] if self.mask else [])]

    @property
    def files(self) -> list[Path]:
        """Of all these pictures."""
        return [self.content, *self.style_files, *self.mask_files]

    def styles(self, *, known: Sequence[float] = ()) -> list[StyleImage]:
        """Return the style images with weights and masks.

        Args:
            known: weights of those that are named without one; 1 if there are not as many as
                styles.

        Raises:
            OptionsError: there are masks, but not one for each style image.
        """
        from nst.inputs import StyleImage  # noqa: PLC0415 - see the package's text

        named, masks = self._named, self.style_masks or []
        if masks and len(masks) != len(named):
            raise OptionsError(
                f"{len(masks)} style masks for {len(named)} style images: give --style-mask once "
                "for each of them, in the same order, or not at all."
            )
        regions: list[Path | None] = [*masks] or [None] * len(named)
        usual = known if len(known) == len(named) else [1.0] * len(named)
        return [
            StyleImage(path, one if weight is None else weight, region)
            for (path, weight), one, region in zip(named, usual, regions, strict=True)
        ]

    @property
    def _named(self) -> list[tuple[Path, float | None]]:
        return [path_and_weight(name) for name in (self.style, *(self.more_styles or []))]


def path_and_weight(name: str) -> tuple[Path, float | None]:
    """`painting.jpg:2` is the file painting.jpg with weight 2, unless a file is called that.

    Without a weight it is None.
    """
    match = _WEIGHTED.fullmatch(name)
    if match is None or Path(name).exists():
        return Path(name), None
    return Path(match["path"]), float(match["weight"])
