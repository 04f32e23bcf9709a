"""A preset, a loss, a network and an option are each defined in one place, and work everywhere.

Each test adds one to a copy of nst, exactly as CONTRIBUTING.md tells, and uses it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.nst.conftest import EXAMPLES
from tests.nst.edited import run_edited

_BEFORE_REFERENCE = "    # The recipe that newcomers know from the course notebooks"

_PRESET = """
    SKETCH = (
        "sketch",
        PresetSpec(
            label=Text("sketch"),
            description=Text("sketch: made up"),
            work=0.5,
            method=_statistics((64, 3)),
        ),
    )
"""

_PAINT = f"""
from pathlib import Path
from PIL import Image
from typer.testing import CliRunner
from nst import Options, Preset, Recording, load_image, read_recipe, stylize
from nst.cli import app

assert Path.cwd() in Path(__import__("nst").__file__).parents

def small(path):
    image = load_image(path).image.copy()
    image.thumbnail((64, 64))
    return image

def nst(*arguments):
    done = CliRunner(env=dict(COLUMNS="250")).invoke(app, [str(each) for each in arguments])
    assert done.exit_code == 0, done.output
    return done.output

small("{EXAMPLES / "photos" / "chelsea.jpg"}").save("photo.png")
small("{EXAMPLES / "styles" / "night_wind.jpg"}").save("style.png")
photo, style = Image.open("photo.png"), Image.open("style.png")
"""


@pytest.mark.slow
def test_a_preset(tmp_path: Path) -> None:
    script = """
options = Options(preset="sketch", size=64)
result = stylize(photo, style, options, device="cpu")
assert len(result.history) == 3
assert Options(**result.recipe["options"]) == options
assert "sketch" in nst("stylize", "--help")
nst("stylize", "photo.png", "style.png", "-o", "out.png", "--preset", "sketch", "--size", 64)
assert read_recipe("out.png")["options"]["preset"] == "sketch"
assert "for 3 steps" in nst("plan", "photo.png", "--preset", "sketch", "--size", 64)

from nst import diagnosis
from nst.speed import Speed
diagnosis.measure_speed = lambda encoder, method: Speed(fixed=0.01, per_pixel=1e-6)
assert "preset sketch" in nst("doctor", "--device", "cpu")

from types import SimpleNamespace
from bot.commands.stylize import Stylize
from backend.i18n import words_for
from backend.settings import Settings
from backend.records import JobSpec
from bot.ui.words import options_line, preset_called, preset_name
words = words_for("de")
assert preset_name(words, options.preset) == "sketch"
assert preset_called(words, "Sketch", list(Preset)) is options.preset
assert "sketch" in options_line(words, JobSpec(options=options, max_result_bytes=1))
assert Settings(presets="draft,sketch").presets[1] is options.preset

import asyncio
cog = Stylize(offered=list(Preset), preferences=None, resolver=None, shelf=None)
asyncio.run(cog.cog_load())
choices = cog.stylize.get_parameter("preset").choices
assert ("sketch: made up", "sketch") in [(choice.name, choice.value) for choice in choices]

from dataclasses import replace
from backend.jobs.estimates import Estimates, work
from backend.records import JobSpec
from tests.backend.images import stored_image
spec = JobSpec(options=options, content=stored_image("photo"), max_result_bytes=1)
sketch = SimpleNamespace(spec=spec)
draft = SimpleNamespace(spec=replace(spec, options=replace(options, preset=Preset.DRAFT)))
share = 0.5 / Preset.DRAFT.work
assert abs(work(sketch) / work(draft) - share) < 1e-9
estimates = Estimates()
estimates.learn(draft, "cpu", 10.0)
assert abs(estimates.seconds(sketch) / estimates.seconds(draft) - share) < 1e-9
for _ in range(50):
    estimates.learn(sketch, "cpu", 7.0)
assert abs(estimates.seconds(sketch) - 7.0) < 0.1
again = Estimates(estimates.sums)
assert again.seconds(sketch) == estimates.seconds(sketch) != again.seconds(draft)
"""
    run_edited(tmp_path, _PAINT + script, insert=[("presets.py", _BEFORE_REFERENCE, _PRESET)])


_LOSSES = '''
"""Losses made up by a test."""

import torch

from nst.losses import MeanSquaredLoss, feature_mean


class MeanLoss:
    """Only the means of features."""

    def __init__(self, mean):
        self.target = (mean,)

    @classmethod
    def of(cls, maps):
        return cls(feature_mean(maps))

    @classmethod
    def mixed(cls, losses, shares):
        pairs = zip(losses, shares, strict=True)
        return cls(sum(share * loss.target[0] for loss, share in pairs))

    def value(self, maps, mask=None):
        return (feature_mean(maps, mask) - self.target[0]).square().sum()

    def add_gradient(self, gradient, maps, *, weight, mask=None):
        leaf = maps.float().requires_grad_()
        with torch.enable_grad():
            value = weight * self.value(leaf, mask)
            gradient += torch.autograd.grad(value, leaf)[0].to(gradient.dtype)
        return value.detach()


class HalfLoss(MeanSquaredLoss):
    """Half of it."""

    def divisor(self, maps):
        return 2 * maps.numel()


class GreyLoss:
    """How far the picture is from grey of the photo's mean."""

    def __init__(self, photo):
        self.mean = photo.mean()

    def value(self, picture):
        return (picture - self.mean).square().mean()

    def add_gradient(self, gradient, picture, *, weight):
        gradient.add_(picture - self.mean, alpha=2 * weight / picture.numel())
        return weight * self.value(picture)
'''

_LOSS_PRESET = """
    MADE_UP = (
        "made_up",
        PresetSpec(
            label=Text("made up"),
            description=Text("made up: by a test"),
            work=1.0,
            method=replace(
                _statistics((64, 4)),
                style_loss="nst.made_up:MeanLoss",
                content_loss="nst.made_up:HalfLoss",
                terms={"grey": Term("nst.made_up:GreyLoss", 0.5)},
            ),
        ),
    )
"""


@pytest.mark.slow
def test_losses_of_every_kind(tmp_path: Path) -> None:
    script = """
from nst import StyleImage
from nst.report import loss_curves
half = Image.new("L", photo.size)
half.paste(255, (0, 0, photo.width // 2, photo.height))
recording = Recording(frames=2)
options = Options(preset="made_up", size=64)
styles = [StyleImage(style, 2.0), StyleImage(photo), StyleImage(style, mask=half)]
result = stylize(photo, styles, options, recording=recording, device="cpu")
first, last = result.history[0], result.history[-1]
assert list(last.losses) == ["content", "style", "grey"]
assert abs(last.total_loss - sum(last.losses.values())) < 1e-5 * last.total_loss
assert last.total_loss < first.total_loss and last.losses["grey"] > 0
recording.save("run.zip")
again = Recording.load("run.zip")
assert tuple(again.history) == result.history
assert loss_curves(again.history, labels={"grey": "Grau"}) != loss_curves(again.history)
nst("stylize", "photo.png", "style.png", "-o", "out.png", "--preset", "made_up", "--size", 64)

import torch
from nst.encoder import load_encoder
from nst.inputs import as_loaded
from nst.objective import PictureObjective
from nst.plain import PlainObjective
from nst.tensors import to_tensor
cpu, method = torch.device("cpu"), options.preset.method
content, look = (to_tensor(image, 64, 48, cpu) for image in (photo, style))
leaf = (0.5 * content).requires_grad_()
(slope,) = torch.autograd.grad(PlainObjective(content, look, method)(leaf), leaf)
encoder = load_encoder("original", cpu, torch.float32)
objective = PictureObjective.of_one_style(encoder, content, as_loaded(style), method, size=(64, 48))
_, gradient = objective.value_and_gradient(leaf.detach())
assert (gradient - slope).norm() < 1e-3 * slope.norm()
"""
    run_edited(
        tmp_path,
        _PAINT + script,
        insert=[("presets.py", _BEFORE_REFERENCE, _LOSS_PRESET)],
        add={"made_up.py": _LOSSES},
    )


_NETWORK = '''
"""A network made up by a test."""

from nst.networks import NetworkSpec


def random_weights(network):
    import torch
    from nst.weights import Weights

    torch.manual_seed(0)
    layers = tuple(
        (torch.randn(out, into, 3, 3) / (3 * into**0.5), torch.randn(out) / 10)
        for into, out in network.channels
    )
    return Weights("original", "0" * 64, layers)


TINY = NetworkSpec(
    name="Tiny",
    blocks=((8,), (12, 16)),
    last_loss_layer="relu2_2",
    weights={"original": "nst.tiny:random_weights"},
)
'''

_NETWORK_PRESET = """
    TINY = (
        "tiny",
        PresetSpec(
            label=Text("tiny"),
            description=Text("tiny: another network"),
            work=0.1,
            method=replace(
                _statistics((64, 4)),
                content_layer_weights={"relu2_1": 1.0},
                style_layer_weights={"relu1_1": 0.5, "relu2_2": 0.5},
                network=TINY,
            ),
        ),
    )
"""


@pytest.mark.slow
def test_a_network(tmp_path: Path) -> None:
    script = """
from nst.errors import OptionsError
options = Options(preset="tiny", size=64, style_layers={"relu1_1": 1, "relu2_2": 2})
result = stylize(photo, style, options, device="cpu")
assert result.history[-1].style_layer_losses.keys() == {"relu1_1", "relu2_2"}
assert result.history[-1].total_loss < result.history[0].total_loss
network = options.preset.method.network
assert network.layers[-1] == "relu2_2" and network.smallest_side == 2
assert [network.receptive_field(layer) for layer in network.loss_layers] == [3, 8, 12]
narrow = photo.resize((photo.width, 6))
assert stylize(narrow, style, options, device="cpu").image.height == 6
try:
    Options(preset="tiny", style_layers={"relu4_1": 1})
except OptionsError as error:
    assert "relu1_1, relu2_1, relu2_2" in str(error), error
else:
    raise AssertionError
assert "for 4 steps" in nst("plan", "photo.png", "--preset", "tiny", "--size", 64)
"""
    run_edited(
        tmp_path,
        _PAINT + script,
        insert=[
            ("presets.py", "from nst.text import Text", "from nst.tiny import TINY\n"),
            ("presets.py", _BEFORE_REFERENCE, _NETWORK_PRESET),
        ],
        add={"tiny.py": _NETWORK},
    )


_OPTION = """
    noise: float | None = field(
        default=None, metadata=_about(within(0.0, 1.0), "Noise of the start.")
    )
"""


@pytest.mark.slow
def test_an_option(tmp_path: Path) -> None:
    script = """
from dataclasses import replace
from nst import setup
usual_method = setup.method_for
setup.method_for = lambda options: replace(usual_method(options), steps=((64, 5),))

options = Options(preset="draft", size=64, noise=0.5)
result = stylize(photo, style, options, device="cpu")
usual = stylize(photo, style, Options(preset="draft", size=64), device="cpu")
assert result.image.tobytes() != usual.image.tobytes()
assert result.recipe["options"]["noise"] == 0.5
assert Options(**result.recipe["options"]) == options
assert "--noise" in nst("stylize", "--help") and "--noise" in nst("plan", "--help")
nst("stylize", "photo.png", "style.png", "-o", "out.png", "--preset", "draft", "--size", 64,
    "--noise", 0.5)
assert read_recipe("out.png")["options"] == options.as_dict()
assert load_image("out.png").image.tobytes() == result.image.tobytes()
nst("continue", "out.png", "photo.png", "style.png", "-o", "again.png")
assert read_recipe("again.png")["options"]["noise"] == 0.5
refused = CliRunner().invoke(
    app, ["stylize", "photo.png", "style.png", "-o", "out.png", "--noise", "2"]
)
assert "noise must be a number from 0 to 1, not 2.0." in refused.output
"""
    run_edited(
        tmp_path, _PAINT + script, insert=[("options.py", "    def __post_init__(self)", _OPTION)]
    )
