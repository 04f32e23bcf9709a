"""Made-up runs: what a recording takes in, without painting."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from nst.progress import Progress
from nst.recording import Recording

LAYERS = ("relu1_1", "relu2_1", "relu3_1")


def step(number: int, steps: int, width: int = 64, height: int = 48, share: float = 0) -> Progress:
    """Return a step of a run whose losses fall; `share` is its share of the work."""
    style = {layer: 100.0 / (number + depth) for depth, layer in enumerate(LAYERS)}
    content = float(number - 1)  # 0 at the start, which a logarithmic scale cannot show
    return Progress(
        step=number,
        steps=steps,
        evaluations=number,
        fraction=share or number / steps,
        total_loss=content + sum(style.values()),
        losses={"content": content, "style": sum(style.values())},
        seconds=0.1 * number,
        seconds_left=0.1 * (steps - number),
        width=width,
        height=height,
        style_layer_losses=style,
    )


def history(steps: int = 30) -> list[Progress]:
    """Two scales, the finer one four times the work of the coarser one."""
    half = steps // 2
    coarse = [step(n, steps, 32, 24, share=0.2 * n / half) for n in range(1, half + 1)]
    fine = [
        step(n, steps, 64, 48, share=0.2 + 0.8 * (n - half) / (steps - half))
        for n in range(half + 1, steps + 1)
    ]
    return coarse + fine


def picture(number: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Noise of a brightness that tells the number: hard to compress, easy to tell."""
    noise = Image.effect_noise(size, 60).convert("RGB")
    return Image.blend(noise, Image.new("RGB", size, (4 * number % 256, 80, 160)), 0.5)


def showing(number: int, size: tuple[int, int] = (64, 48)) -> Callable[[int], Image.Image]:
    """Return what a recording calls for a picture."""
    return lambda _side: picture(number, size)


def recorded(steps: int = 30, frames: int = 12, size: tuple[int, int] = (64, 48)) -> Recording:
    """Return a finished recording."""
    recording = Recording(frames=frames, frame_size=max(size))
    for progress in history(steps):
        recording.note(progress, showing(progress.step, size))
    recording.finish({"options": {"size": 64}}, showing(steps, size))
    return recording
