"""Style transfer by optimisation (Gatys et al. 2016) with a pre-trained network.

    import nst

    result = nst.stylize("photo.jpg", "painting.jpg", size=512, on_progress=nst.ProgressBar())
    result.save("result.png")

`import nst` is light: torch is loaded when `stylize` is first looked up.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nst.errors import (
    DeviceError,
    FilmError,
    ImageError,
    NstError,
    OptionsError,
    ReportError,
    WeightsError,
)
from nst.options import Colours, Init, Options, Pooling, Preset
from nst.progress import Progress

if TYPE_CHECKING:
    from nst.batch import Painted, stylize_many
    from nst.continuing import continue_
    from nst.diagnosis import Diagnosis, Finding, doctor
    from nst.film import (
        FilmFrame,
        FilmLimits,
        FilmProgress,
        PaintedFrame,
        open_film,
    )
    from nst.film.stylize import stylize_frames
    from nst.images import LoadedImage, load_image, read_recipe, save_image
    from nst.inputs import StyleImage
    from nst.planning import Plan, plan
    from nst.progress_bar import ProgressBar
    from nst.reconstruct import (
        ReconstructionOptions,
        figure,
        reconstruct_content,
        reconstruct_style,
        trade_off,
    )
    from nst.recording import Recording
    from nst.report import Film, Report, make_report
    from nst.result import Result
    from nst.transfer import stylize, warm_up
    from nst.versions import Version, stylize_versions

    __version__: str

# OpenMP's threads spin for milliseconds while they wait for each other. When anything else wants a
# core, even a chat bot's event loop, painting takes up to ten times as long. A short spin costs a
# tenth on an idle machine and loses little on a busy one (benchmarks/HISTORY.md). OpenMP reads it
# once, when torch is loaded; every import of a part of nst passes here first, so this is the one
# place that is early enough. A choice made in the environment is left alone.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")

# What Apple's GPUs cannot compute is computed by the CPU instead of ending the painting; torch
# reads it when it is loaded, as above. Nothing else looks at it.
os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")

# Feature maps are taken from the system and given back at each evaluation. Linux hands out pages of
# 2 MB instead of 4 kB where it is asked to, in a quarter of the time. Read once, too.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

__all__ = [
    "Colours",
    "DeviceError",
    "Diagnosis",
    "Film",
    "FilmError",
    "FilmFrame",
    "FilmLimits",
    "FilmProgress",
    "Finding",
    "ImageError",
    "Init",
    "LoadedImage",
    "NstError",
    "Options",
    "OptionsError",
    "Painted",
    "PaintedFrame",
    "Plan",
    "Pooling",
    "Preset",
    "Progress",
    "ProgressBar",
    "ReconstructionOptions",
    "Recording",
    "Report",
    "ReportError",
    "Result",
    "StyleImage",
    "Version",
    "WeightsError",
    "continue_",
    "doctor",
    "figure",
    "load_image",
    "make_report",
    "open_film",
    "plan",
    "read_recipe",
    "reconstruct_content",
    "reconstruct_style",
    "save_image",
    "stylize",
    "stylize_frames",
    "stylize_many",
    "stylize_versions",
    "trade_off",
    "warm_up",
]

_HOMES = {
    "nst.batch": ("Painted", "stylize_many"),
    "nst.continuing": ("continue_",),
    "nst.diagnosis": ("Diagnosis", "Finding", "doctor"),
    "nst.film": ("FilmFrame", "FilmLimits", "FilmProgress", "PaintedFrame", "open_film"),
    "nst.film.stylize": ("stylize_frames",),
    "nst.images": ("LoadedImage", "load_image", "read_recipe", "save_image"),
    "nst.inputs": ("StyleImage",),
    "nst.planning": ("Plan", "plan"),
    "nst.progress_bar": ("ProgressBar",),
    "nst.reconstruct": (
        *("ReconstructionOptions", "figure"),
        *("reconstruct_content", "reconstruct_style", "trade_off"),
    ),
    "nst.recording": ("Recording",),
    "nst.report": ("Film", "Report", "make_report"),
    "nst.result": ("Result",),
    "nst.transfer": ("stylize", "warm_up"),
    "nst.versions": ("Version", "stylize_versions"),
}
_LAZY = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import on first use (PEP 562)."""
    if name == "__version__":
        version: str = import_module("importlib.metadata").version("stylize-bot")
        return version
    if name not in _LAZY:
        raise AttributeError(f"module 'nst' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
