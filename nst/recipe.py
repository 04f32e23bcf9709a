"""The recipe of a picture: what it was made from and with, kept in the file's metadata."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import torch

from nst.encoder import Encoder
from nst.images import LoadedImage
from nst.inputs import Inputs, LoadedStyle
from nst.options import Options
from nst.progress import Progress

_SHAPES_SINCE: Final = 4  # version of the method


def describe_work(
    options: Options, *, inputs: Inputs, encoder: Encoder, steps: int | None
) -> dict[str, Any]:
    """Return everything that decides what a picture becomes, JSON-ready: options, inputs, weights.

    No file names and no paths: a result is shared with strangers. `options` alone, with the same
    images, makes the picture again.
    """
    named = options.as_dict()
    if encoder.weights_source not in encoder.network.weights:
        named["weights"] = "file"
    if options.method_version < _SHAPES_SINCE and options.shapes == 1:  # as there was no choice
        del named["shapes"]
    if options.method_version == 1:  # as release 0.1.0 wrote it, whose checkpoints are its own
        del named["method_version"]
    return {
        "nst": package_version("stylize-bot"),
        "options": named,
        "content": _describe(inputs.content),
        "styles": [_describe_style(style) for style in inputs.styles],
        "mask": inputs.mask.sha256 if inputs.mask else None,
        "init": _describe(inputs.init) if inputs.init else None,
        "continued_steps": steps,
        "weights": {"source": named["weights"], "sha256": encoder.weights_sha256},
    }


def make_recipe(
    work: Mapping[str, Any], *, encoder: Encoder, last: Progress | None, stopped: bool
) -> dict[str, Any]:
    """Return the work, and how, with what versions and how far it was done.

    Args:
        work: from `describe_work`.
        encoder: the network used.
        last: the last progress; None where no step was taken.
        stopped: somebody ended it early.
    """
    return {
        **work,
        "device": encoder.device.type,
        "precision": str(encoder.dtype).removeprefix("torch."),
        "convolutions": encoder.convolutions,
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
    """Return the installed version of a distribution, `unknown` where there is none."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"
