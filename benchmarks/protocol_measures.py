"""What `benchmarks.protocol` measures: LPIPS, CFSD, FID, and the project's own judges.

LPIPS and FID are those of the packages `lpips` and `art-fid` (FID through an Inception network that
was trained on artworks); CFSD is StyleID's, written anew. They bring or fetch networks of their own
and are no dependencies: what is not installed, or whose weights cannot be had, is left out and said
so. All look at pictures at the size of the protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import torch
from PIL import Image
from rich.console import Console
from rich.progress import track
from torch import Tensor
from torchvision.models import VGG19_Weights, vgg19
from torchvision.transforms.functional import to_tensor

from benchmarks.judge import VGG_LAYERS, Judge, JudgeLayers, Network
from benchmarks.other_network import OTHER_LAYERS, OtherNetwork
from nst import load_image
from nst.encoder import load_encoder
from nst.pyramid import fit
from nst.weights import IMAGENET_MEAN, IMAGENET_STD

_ROWS: Final = 1024
INSTALL: Final = (
    "pip install --no-deps lpips art-fid && pip install scipy scikit-learn tqdm requests"
)
# A package that is missing, a network that cannot be fetched, or one that came damaged.
_NOT_HERE: Final = (ImportError, OSError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Looked:
    """The three pictures of a pair; content and result at one size, `size` the longest side."""

    content: Image.Image
    style: Image.Image
    result: Image.Image
    size: int


Measure = Callable[[Looked], Mapping[str, float]]


def look(content: Path, style: Path, result: Path, size: int) -> Looked:
    """Read a pair and its result; the result is seen as large as the content image.

    Raises:
        ImageError: one of them cannot be read.
    """
    photo, look, picture = (load_image(path).image for path in (content, style, result))
    return Looked(
        _resized(photo, fit(*photo.size, size)),
        look,
        _resized(picture, fit(*photo.size, size)),
        size,
    )


def measures(device: torch.device) -> tuple[dict[tuple[str, ...], Measure], list[str]]:
    """Return the measures of one picture by the names of their figures, and what is left out."""
    found: dict[tuple[str, ...], Measure] = {}
    left_out = []
    for name, load in (("LPIPS", _load_lpips), ("CFSD", _load_cfsd)):
        try:
            found[(name,)] = load(device)
        except _NOT_HERE as error:
            left_out.append(_why(name, error))
    exact = load_encoder("original", device, torch.float32)
    for name, network, layers in (
        ("VGG19", exact, VGG_LAYERS),
        ("other", OtherNetwork(device), OTHER_LAYERS),
    ):
        names = (f"{name} style", f"{name} content")
        found[names] = partial(_judge, names=names, network=network, layers=layers)
    return found, left_out


def _judge(
    looked: Looked, *, names: tuple[str, str], network: Network, layers: JudgeLayers
) -> Mapping[str, float]:
    judge = Judge(looked.content, looked.style, looked.size, network, layers)
    judgement = judge(looked.result)
    return dict(zip(names, (judgement.style, judgement.content), strict=True))


def _load_lpips(device: torch.device) -> Measure:
    """Return LPIPS through AlexNet, as ArtFID and StyleID take it."""
    network = import_module("lpips").LPIPS(net="alex", verbose=False).to(device).eval()

    def measure(looked: Looked) -> Mapping[str, float]:
        ours, theirs = (
            to_tensor(each)[None].to(device) * 2 - 1 for each in (looked.result, looked.content)
        )
        with torch.no_grad():
            return {"LPIPS": float(network(ours, theirs))}

    return measure


def _load_cfsd(device: torch.device) -> Measure:
    """Return CFSD through torchvision's VGG19, to relu3_1."""
    network = vgg19(weights=VGG19_Weights.IMAGENET1K_V1).features[:12].to(device).eval()
    mean, std = (
        torch.tensor(values, device=device).view(1, 3, 1, 1)
        for values in (IMAGENET_MEAN, IMAGENET_STD)
    )

    def features(image: Image.Image) -> Tensor:
        maps: Tensor = network((to_tensor(image)[None].to(device) - mean) / std)
        return maps[0].flatten(1).T

    def measure(looked: Looked) -> Mapping[str, float]:
        with torch.no_grad():
            return {"CFSD": structural_distance(*map(features, (looked.result, looked.content)))}

    return measure


def structural_distance(result: Tensor, content: Tensor) -> float:
    """Return how much the similarities between places differ (content feature structural distance).

    For each place, the softmax of its similarities to all places is a distribution; the distance is
    the sum over all places of the Kullback-Leibler divergence of the result's from the content's
    (Chung, Hyun and Heo 2024, as their evaluation computes it).

    Args:
        result: features, (places, channels).
        content: features of the same shape.
    """
    ours, theirs = (each / each.shape[1] for each in (result, content))
    total = 0.0
    for start in range(0, len(ours), _ROWS):  # all at once would take gigabytes
        found, wanted = (
            torch.log_softmax((each[start : start + _ROWS] @ each.T).double(), dim=-1)
            for each in (ours, theirs)
        )
        total += float((wanted.exp() * (wanted - found)).sum())
    return total


def art_inception_distance(
    pictures: Sequence[tuple[Path, Path]], size: int, device: torch.device
) -> tuple[float | None, str | None]:
    """Return the FID of all results to their style images, or why there is none.

    Args:
        pictures: of each pair its result and its style image. A style counts as often as it has
            results, as in StyleID's evaluation.
        size: longest side at which they are looked at.
        device: where the network is.
    """
    if len(pictures) < 2:
        return None, "FID is left out: it takes two pictures at least."
    try:
        network = _load_art_inception(device)
    except _NOT_HERE as error:
        return None, _why("FID", error)
    seen: dict[Path, Tensor] = {}

    def features(path: Path) -> Tensor:
        image = load_image(path).image
        pixels = to_tensor(_resized(image, fit(*image.size, size)))
        with torch.no_grad():
            found: Tensor = network(pixels[None].to(device), return_features=True)[0].cpu()
        return found

    for style in {style for _, style in pictures}:
        seen[style] = features(style)
    ours = [features(path) for path, _ in track(pictures, "FID", console=Console(stderr=True))]
    theirs = [seen[style] for _, style in pictures]
    return frechet_distance(torch.stack(ours), torch.stack(theirs)), None


def _load_art_inception(device: torch.device) -> Any:
    """Return ArtFID's network, an Inception trained on artworks, with the package's own weights."""
    package = import_module("art_fid.art_fid")
    network = package.inception.Inception3()
    path = package.utils.download(package.CKPT_URL)
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True), strict=False)
    return network.to(device).eval()


def frechet_distance(ours: Tensor, theirs: Tensor) -> float:
    """Return the Fréchet distance of two normal distributions fitted to features (Heusel 2017).

    The trace of √(Σ₁Σ₂) is the sum of the singular values of A Bᵀ, where Σ₁ = AᵀA and Σ₂ = BᵀB: no
    root of a matrix that is singular as soon as there are fewer pictures than features.

    Args:
        ours: features, (pictures, features).
        theirs: as many features of any number of pictures.
    """
    ours, theirs = ours.double(), theirs.double()
    apart = (ours.mean(0) - theirs.mean(0)).square().sum()
    a, b = ((each - each.mean(0)) / (len(each) - 1) ** 0.5 for each in (ours, theirs))
    common = torch.linalg.svdvals(a @ b.T).sum()
    return float(apart + a.square().sum() + b.square().sum() - 2 * common)


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _why(name: str, error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"{name} is left out, as {error.name} is not installed: {INSTALL}"
    return f"{name} is left out, as its network could not be loaded: {error}"
