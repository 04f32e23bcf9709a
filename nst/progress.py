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

    Losses are those of the objective at the current scale, already weighted:
    `total_loss = content_loss + style_loss + tv_loss`.

    Attributes:
        step: image updates done so far, over all scales.
        steps: image updates planned, over all scales.
        evaluations: forward + backward passes so far.
        fraction: share of the whole work done, 0 to 1 (scales differ in cost, steps do not say it).
        total_loss: weighted sum of all losses.
        content_loss: weighted content loss.
        style_loss: weighted style loss.
        tv_loss: weighted total variation; 0 where the preset has none.
        seconds: time since the start of the optimisation.
        seconds_left: estimate of the time to the end; None before anything was measured.
        width: width in pixels of the scale now being worked on.
        height: height in pixels of the scale now being worked on.
        style_layer_losses: what each style layer contributes to `style_loss`.
        preview: the picture as it is now (sRGB), only when a preview was due.
    """

    step: int
    steps: int
    evaluations: int
    fraction: float
    total_loss: float
    content_loss: float
    style_loss: float
    tv_loss: float
    seconds: float
    seconds_left: float | None
    width: int
    height: int
    style_layer_losses: Mapping[str, float] = field(default_factory=dict)
    preview: Image | None = None
