"""The recipe of a picture: what it was made from and with, kept in the file's metadata."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from nst.images import LoadedImage
from nst.inputs import Inputs, LoadedStyle
from nst.options import Options
from nst.progress import Progress
from nst.vgg import VGG19


def describe_work(
    options: Options, *, inputs: Inputs, vgg: VGG19, steps: int | None
) -> dict[str, Any]:
    """Everything that decides what a picture becomes, JSON-ready: options, inputs, weights.

    No file names and no paths: a result is shared with strangers. `options` alone, with the same
    images, makes the picture again.
    """
    named = options.as_dict()
    if vgg.weights_source not in {"original", "torchvision"}:
        named["weights"] = "file"
    return {
        "nst": package_version("stylize-bot"),
        "options": named,
        "content": _describe(inputs.content),
        "styles": [_describe_style(style) for style in inputs.styles],
        "mask": inputs.mask.sha256 if inputs.mask else None,
        "init": _describe(inputs.init) if inputs.init else None,
        "continued_steps": steps,
        "weights": {"source": named["weights"], "sha256": vgg.weights_sha256},
    }


def make_recipe(
    work: Mapping[str, Any], *, vgg: VGG19, last: Progress | None, stopped: bool
) -> dict[str, Any]:
    """The work, and how, with what versions and how far it was done.

    Args:
        work: from `describe_work`.
        vgg: the network used.
        last: the last progress; None where no step was taken.
        stopped: somebody ended it early.
    """
    return {
        **work,
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


def _describe_style(style: LoadedStyle) -> dict[str, Any]:
    mask = style.mask.sha256 if style.mask else None
    return {**_describe(style.image), "weight": style.weight, "mask": mask}


def _describe(image: LoadedImage) -> dict[str, Any]:
    return {"sha256": image.sha256, "width": image.image.width, "height": image.image.height}


def package_version(distribution: str) -> str:
    """The installed version of a distribution, `unknown` where there is none."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"
