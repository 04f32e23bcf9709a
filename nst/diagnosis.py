"""Is this machine fit to paint, and how long will it take?"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import torch

from nst.devices import describe
from nst.encoder import Encoder
from nst.formats import readable_formats
from nst.options import Options, Preset
from nst.recipe import package_version
from nst.setup import Setup, Sizes
from nst.speed import Speed, measure_speed
from nst.text import duration

# The size whose time is told: a 4:3 photo at 256 px.
_WIDTH: Final = 256
_HEIGHT: Final = 192
_SIDES: Final = (256, 512)
_PACKAGES: Final = ("torch", "torchvision", "pillow", "pillow-heif", "numpy")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what, such as `device`.
        text: what was found, for people.
    """

    subject: str
    text: str

    def __str__(self) -> str:
        """Return a line of a table."""
        return f"{self.subject:<18}{self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What a machine paints with, and how fast.

    Attributes:
        findings: all of it for people; `print(diagnosis)` shows them as a table.
        versions: of the packages that matter, by name; `unknown` where one is missing.
        formats: of pictures that can be read, by Pillow's names.
        device: in words.
        weights: where the network's weights come from, and the hex digest of their file.
        step_seconds: of one step at 256 × 192 px, by the number format of the feature maps.
        preset_seconds: of a whole 4:3 picture, by preset and longest side in pixels.
    """

    findings: tuple[Finding, ...]
    versions: Mapping[str, str]
    formats: tuple[str, ...]
    device: str
    weights: tuple[str, str]
    step_seconds: Mapping[str, float]
    preset_seconds: Mapping[Preset, Mapping[int, float]]

    def __str__(self) -> str:
        """Return the findings, a line each."""
        return "\n".join(map(str, self.findings))


def doctor(
    device: str = "auto", *, on_finding: Callable[[Finding], None] | None = None
) -> Diagnosis:
    """Check versions, device and weights, and measure how long pictures take; some seconds.

        print(nst.doctor())

    Args:
        device: `auto`, `cpu`, `cuda:0` …
        on_finding: told of each finding as it is made, also of those before an error.

    Raises:
        DeviceError: there is no such device.
        WeightsError: the packaged weights of the network are missing or damaged.
    """
    findings = _Findings(on_finding)
    versions, formats = _software(findings)
    setups = dict(_setups(device))
    usual = setups[Options().preset, _SIDES[0]]
    findings.add("device", f"{describe(usual.device)}, {_name(usual.dtype)}")
    encoder = usual.encoder()
    weights = encoder.weights_source, encoder.weights_sha256
    findings.add("weights", f"{weights[0]}, sha256 {weights[1][:12]}… as expected")
    steps, presets = _times(findings, setups)
    return Diagnosis(
        findings=tuple(findings.made),
        versions=versions,
        formats=formats,
        device=describe(usual.device),
        weights=weights,
        step_seconds=steps,
        preset_seconds=presets,
    )


class _Findings:
    """Collects findings and tells of each at once."""

    def __init__(self, tell: Callable[[Finding], None] | None) -> None:
        self.made: list[Finding] = []
        self._tell = tell

    def add(self, subject: str, text: str) -> None:
        self.made.append(Finding(subject, text))
        if self._tell:
            self._tell(self.made[-1])


def _software(findings: _Findings) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the versions of packages, and the formats of pictures."""
    versions = {name: package_version(name) for name in ("stylize-bot", *_PACKAGES)}
    findings.add("nst", f"{versions['stylize-bot']}, Python {platform.python_version()}")
    findings.add("versions", ", ".join(f"{name} {versions[name]}" for name in _PACKAGES))
    formats = readable_formats()
    heic = "with" if "HEIF" in formats else "without (pillow-heif is missing)"
    findings.add("formats", f"{len(formats)} picture formats, {heic} HEIC")
    return versions, formats


def _times(
    findings: _Findings, setups: Mapping[tuple[Preset, int], Setup]
) -> tuple[dict[str, float], dict[Preset, dict[int, float]]]:
    """Return the seconds of a step by number format, and of pictures by preset and size."""
    speeds = _speeds(setups)
    steps = {_name(each.dtype): speed.step(_WIDTH * _HEIGHT) for each, speed in speeds.items()}
    told = ", ".join(f"{seconds:.3f} s in {name}" for name, seconds in steps.items())
    findings.add("one step", f"{told} at {_WIDTH}×{_HEIGHT}")
    presets: dict[Preset, dict[int, float]] = {preset: {} for preset in Preset}
    for (preset, side), setup in setups.items():
        presets[preset][side] = speeds[setup.encoder()].total(setup)
    for preset, times in presets.items():
        told = ", ".join(f"{duration(seconds)} at {side} px" for side, seconds in times.items())
        findings.add(f"preset {preset}", f"about {told}")
    return steps, presets


def _setups(device: str) -> Iterator[tuple[tuple[Preset, int], Setup]]:
    for preset in Preset:
        for side in _SIDES:
            options = Options(preset=preset, size=side)
            yield (preset, side), Setup.of(Sizes(content=(_WIDTH, _HEIGHT)), options, device)


def _speeds(setups: Mapping[tuple[Preset, int], Setup]) -> dict[Encoder, Speed]:
    """Measure each network once: presets may differ in network and number format."""
    speeds: dict[Encoder, Speed] = {}
    for setup in setups.values():
        if setup.encoder() not in speeds:
            speeds[setup.encoder()] = measure_speed(setup.encoder(), setup.method)
    return speeds


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
