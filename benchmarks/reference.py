"""How much sooner the reference objective reaches the loss of 3000 reference steps.

python -m benchmarks.reference CONTENT STYLE [--size 256] [--target 42427.9] [--repeats 3]

The objective, the network's layers and the start are those of the preset `reference`; only the
update rule (L-BFGS for Adam) and the number format (bfloat16 where the hardware has it) differ. The
loss that counts is always evaluated in float32. Adam's time is that of one step, measured between
the repeats in the same run, times 3000: a step through autograd, as the recipe does it, and for
comparison one with the way back that `nst` has written by hand. `--target` is the loss that those
3000 steps reached on the pair (42 427.9 for the Tübingen photo and Starry Night at 256 px).
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import torch
from torch import Tensor

from nst.devices import fast_dtype, pick_device
from nst.encoder import load_encoder
from nst.images import LoadedImage, load_image
from nst.losses import gram_matrix, squared_error
from nst.objective import PictureObjective
from nst.optimisers import LBFGS, Adam
from nst.options import Options, Preset
from nst.presets import method_for
from nst.pyramid import fit
from nst.tensors import to_tensor

REFERENCE_STEPS = 3000
PATIENCE = 300
METHOD = method_for(Options(preset=Preset.REFERENCE))


class Race:
    """One pair of images at one size."""

    def __init__(self, content: LoadedImage, style: LoadedImage, size: int) -> None:
        self.device = pick_device()
        self._style, self._style_size = style, fit(*style.image.size, size)
        self._start = to_tensor(content.image, *fit(*content.image.size, size), self.device)
        self.exact = self.objective(torch.float32)
        self.fast = self.objective(fast_dtype(self.device))
        self._plain = _Plain(self._start, to_tensor(style.image, *self._style_size, self.device))

    def start(self) -> Tensor:
        """Return a copy of what everyone starts from: the photo, normalised."""
        return self._start.clone()

    def objective(self, dtype: torch.dtype) -> PictureObjective:
        """Return the reference objective, its features in `dtype`."""
        encoder = load_encoder("original", self.device, dtype)
        return PictureObjective.of_one_style(
            encoder, self._start, self._style, METHOD, size=self._style_size
        )

    def adam_step(self, steps: int = 10, *, autograd: bool = True) -> float:
        """Median seconds of a reference step."""
        picture = self.start()
        adam = Adam(picture, learning_rate=METHOD.learning_rate)
        objective = self._plain if autograd else self.exact
        return statistics.median(self._step(objective, picture, adam) for _ in range(steps))

    def lbfgs_until(self, target: float) -> tuple[int, float]:
        """Return evaluations and seconds until the exact loss is at most `target`."""
        picture = self.start()
        lbfgs = LBFGS(picture)
        seconds = 0.0
        for step in range(1, PATIENCE + 1):
            seconds += self._step(self.fast, picture, lbfgs)
            loss = float(self.exact.value_and_gradient(picture)[0].total)
            if loss <= target:
                return step, seconds
        raise SystemExit(f"not below {target} after {PATIENCE} evaluations, but at {loss:.0f}")

    def _step(
        self, objective: PictureObjective | _Plain, picture: Tensor, optimiser: Adam | LBFGS
    ) -> float:
        start = time.perf_counter()
        losses, gradient = objective.value_and_gradient(picture)
        total = losses if isinstance(losses, Tensor) else losses.total
        optimiser.step(gradient, total)
        return time.perf_counter() - start


class _Plain:
    """The reference objective from the losses' formulas, left to autograd."""

    def __init__(self, content: Tensor, style: Tensor) -> None:
        self._vgg = load_encoder("original", content.device, torch.float32)
        with torch.no_grad():
            self._content = self._vgg.features(content, METHOD.content_layer_weights)
            maps = self._vgg.features(style, METHOD.style_layer_weights)
            self._grams = {layer: gram_matrix(found) for layer, found in maps.items()}

    def value_and_gradient(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Return the total loss and its derivative by the picture."""
        leaf = picture.detach().requires_grad_()
        maps = self._vgg.features(leaf, {*self._content, *self._grams})
        total = torch.zeros((), device=picture.device)
        for layer, target in self._content.items():
            total = total + METHOD.content_weight * squared_error(maps[layer], target)
        for layer, target in self._grams.items():
            weight = METHOD.style_weight * METHOD.style_layer_weights[layer]
            error = squared_error(gram_matrix(maps[layer]), target)
            total = total + weight * error / maps[layer].numel()
        (gradient,) = torch.autograd.grad(total, leaf)
        return total.detach(), gradient


def main() -> None:
    """Run the race and print one Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--target", type=float, default=42_427.9)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_flush_denormal(True)
    race = Race(load_image(arguments.content), load_image(arguments.style), arguments.size)
    race.adam_step(2)  # warm up
    print("| 3000 Adam steps (float32) | by hand | L-BFGS | evaluations | ratio |")
    print("|---|---|---|---|---|")
    ratios = []
    for _ in range(arguments.repeats):
        adam = race.adam_step() * REFERENCE_STEPS
        by_hand = race.adam_step(autograd=False) * REFERENCE_STEPS
        evaluations, seconds = race.lbfgs_until(arguments.target)
        ratios.append(adam / seconds)
        print(
            f"| {adam:.0f} s | {by_hand:.0f} s | {seconds:.1f} s | {evaluations} | "
            f"{adam / seconds:.0f} |",
            flush=True,
        )
    median, where = statistics.median(ratios), f"{race.device}, {fast_dtype(race.device)}"
    print(f"\nMedian ratio: {median:.0f} ({where})")


if __name__ == "__main__":
    main()
