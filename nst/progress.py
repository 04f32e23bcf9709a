"""The typed progress of a running style transfer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One report from the optimisation loop.

    Losses are those of the objective at the current scale, already weighted.

    Attributes:
        step: image updates done so far, over all scales.
        steps: image updates planned, over all scales.
        evaluations: forward + backward passes so far.
        fraction: share of the whole work done, 0 to 1 (scales differ in cost, steps do not say it).
        total_loss: the sum of `losses`.
        losses: the terms by name: `content`, `style`, and the preset's further ones, such as `tv`.
        seconds: time since the start of the optimisation.
        seconds_left: estimate of the time to the end; None before anything was measured.
        width: width in pixels of the scale now being worked on.
        height: height in pixels of the scale now being worked on.
        style_layer_losses: what each style layer contributes to `style`.
        preview: the picture as it is now (sRGB), only when a preview was due.
    """

    step: int
    steps: int
    evaluations: int
    fraction: float
    total_loss: float
    losses: Mapping[str, float] = field(default_factory=dict)
    seconds: float
    seconds_left: float | None
    width: int
    height: int
    style_layer_losses: Mapping[str, float] = field(default_factory=dict)
    preview: Image | None = None

    @property
    def content_loss(self) -> float:
        """The weighted content loss; 0 where there is none."""
        return self.losses.get("content", 0.0)

    @property
    def style_loss(self) -> float:
        """The weighted style loss; 0 where there is none."""
        return self.losses.get("style", 0.0)

    @property
    def tv_loss(self) -> float:
        """The weighted total variation, that of chroma included; 0 where the preset has none."""
        return self.losses.get("tv", 0.0) + self.losses.get("chroma", 0.0)
