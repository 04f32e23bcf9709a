"""The losses of a painting in plain PyTorch, to read and to compare with: autograd does the rest.

objective = PlainObjective(photo, style, Preset.STANDARD.method)
picture = photo.clone().requires_grad_()
objective(picture).backward()  # picture.grad is what `nst.objective` computes by hand
"""

from __future__ import annotations

from pkgutil import resolve_name

import torch
from torch import Tensor, nn

from nst.method import Method
from nst.weights import load_weights


class PlainObjective(nn.Module):
    """The total loss of a picture; photo and style are (1, 3, h, w), normalised for the network."""

    def __init__(self, photo: Tensor, style: Tensor, method: Method) -> None:
        super().__init__()
        self.method, self.pooled = method, method.network.pooled
        self.convolutions = nn.ModuleDict()
        layers = load_weights("original", method.network).layers
        for number, (kernel, bias) in zip(method.network.numbers, layers, strict=True):
            convolution = nn.Conv2d(kernel.shape[1], kernel.shape[0], kernel_size=3, padding=1)
            convolution.load_state_dict({"weight": kernel, "bias": bias})
            self.convolutions[number] = convolution.requires_grad_(False)
        content, look = resolve_name(method.content_loss), resolve_name(method.style_loss)
        photo_maps, style_maps = self.features(photo), self.features(style)
        weights = method.content_layer_weights.items()
        self.content = {layer: content(photo_maps[layer], weight) for layer, weight in weights}
        self.style = {layer: look.of(style_maps[layer]) for layer in method.style_layer_weights}
        self.terms = []
        for term in method.terms.values():
            kind = resolve_name(term.loss)
            self.terms.append((kind.of(style) if term.of_style else kind(photo), term))

    def features(self, maps: Tensor) -> dict[str, Tensor]:
        """Return the rectified feature maps (1, c, h, w) of every layer."""
        found: dict[str, Tensor] = {}
        for number, convolution in self.convolutions.items():
            if not found and self.method.repeat_edge:
                wider = nn.functional.pad(maps, (1, 1, 1, 1), mode="replicate")
                maps = torch.relu(convolution(wider)[..., 1:-1, 1:-1])
            else:
                maps = torch.relu(convolution(maps))
            found[f"relu{number}"] = maps
            if number in self.pooled:
                maps = nn.functional.max_pool2d(maps, 2)
        return found

    def forward(self, picture: Tensor) -> Tensor:
        """Return α · content + β · style + the further terms, a scalar."""
        maps, total = self.features(picture), picture.new_zeros(())
        for layer, content in self.content.items():
            total = total + self.method.content_weight * content.value(maps[layer])
        for layer, weight in self.method.style_layer_weights.items():
            loss = self.style[layer].value(maps[layer])
            total = total + self.method.style_weight * weight * loss
        for loss, term in self.terms:
            total = total + term.weight * loss.value(picture)
        return total
