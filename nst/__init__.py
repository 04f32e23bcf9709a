"""Style transfer by optimisation (Gatys et al. 2016) with a pre-trained network.

    from nst import stylize

    result = stylize("photo.jpg", "painting.jpg", size=512)
    result.save("result.png")

`import nst` is light: torch is loaded when `stylize` is first looked up.
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from nst.errors import (
    DeviceError,
    ImageError,
    NstError,
    OptionsError,
    ReportError,
    WeightsError,
)
from nst.options import Colours, Init, Options, Pooling, Preset
from nst.progress import Progress

if TYPE_CHECKING:
    from nst.images import LoadedImage, load_image, read_recipe, save_image
    from nst.inputs import StyleImage
    from nst.recording import Recording
    from nst.result import Result
    from nst.transfer import stylize, warm_up

    __version__: str

# OpenMP's threads spin for milliseconds while they wait for each other. When anything else wants a
# core, even a chat bot's event loop, painting takes up to ten times as long. A short spin costs a
# tenth on an idle machine and loses little on a busy one (benchmarks/README.md). OpenMP reads it
# once, when torch is loaded; every import of a part of nst passes here first, so this is the one
# place that is early enough. A choice made in the environment is left alone.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")

__all__ = [
    "Colours",
    "DeviceError",
    "ImageError",
    "Init",
    "LoadedImage",
    "NstError",
    "Options",
    "OptionsError",
    "Pooling",
    "Preset",
    "Progress",
    "Recording",
    "ReportError",
    "Result",
    "StyleImage",
    "WeightsError",
    "load_image",
    "read_recipe",
    "save_image",
    "stylize",
    "warm_up",
]

_LAZY = {
    **dict.fromkeys(("LoadedImage", "load_image", "read_recipe", "save_image"), "nst.images"),
    "StyleImage": "nst.inputs",
    "Recording": "nst.recording",
    "Result": "nst.result",
    **dict.fromkeys(("stylize", "warm_up"), "nst.transfer"),
}


def __getattr__(name: str) -> Any:
    """Import on first use (PEP 562)."""
    if name == "__version__":
        return version("stylize-bot")
    if name not in _LAZY:
        raise AttributeError(f"module 'nst' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
