"""The recipe of a picture: what it was made from and with, kept in the file's metadata."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from nst.images import LoadedImage
from nst.options import Options
from nst.progress import Progress
from nst.vgg import VGG19


def make_recipe(
    options: Options,
    *,
    content: LoadedImage,
    style: LoadedImage,
    vgg: VGG19,
    last: Progress | None,
    stopped: bool,
) -> dict[str, Any]:
    """All options, the hashes of both inputs, the weights and the versions, JSON-ready.

    No file names and no paths: a result is shared with strangers. `options` alone, with the two
    images, makes the picture again.
    """
    named = options.as_dict()
    if vgg.weights_source not in {"original", "torchvision"}:
        named["weights"] = "file"
    return {
        "nst": package_version("stylize-bot"),
        "options": named,
        "content": _describe(content),
        "style": _describe(style),
        "weights": {"source": named["weights"], "sha256": vgg.weights_sha256},
        "device": vgg.device.type,
        "precision": str(vgg.dtype).removeprefix("torch."),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "pillow": package_version("pillow"),
        },
        "steps": last.step if last else 0,
        "planned_steps": last.steps if last else 0,
        "total_loss": last.total_loss if last else None,
        "stopped_early": stopped,
    }


def _describe(image: LoadedImage) -> dict[str, Any]:
    return {"sha256": image.sha256, "width": image.image.width, "height": image.image.height}


def package_version(distribution: str) -> str:
    """The installed version of a distribution, `unknown` where there is none."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"
