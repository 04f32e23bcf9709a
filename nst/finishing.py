"""The last touches to a painted picture: whose colours it has, and where it is painted.

They cost no optimisation, so a finished picture can be given other colours at once. Imports no
torch.
"""

from __future__ import annotations

from PIL import Image

from nst.colour import keep_colours
from nst.options import Colours


def finish(
    painting: Image.Image, photo: Image.Image, *, colours: Colours, mask: Image.Image | None = None
) -> Image.Image:
    """Return what is shown of a painting.

    Args:
        painting: as the optimisation left it, sRGB (`Result.raw`).
        photo: sRGB, resized to the painting if it differs.
        colours: the photo's are put back for `Colours.PHOTO`; the other choices were made before.
        mask: mode L; black keeps the photo, to the bit. Resized to the painting if it differs.

    Returns:
        sRGB, the size of the painting.
    """
    if colours is not Colours.PHOTO and mask is None:
        return painting
    photo = photo.convert("RGB")
    if photo.size != painting.size:
        photo = photo.resize(painting.size, Image.Resampling.LANCZOS)
    finished = keep_colours(painting, photo) if colours is Colours.PHOTO else painting
    if mask is None:
        return finished
    if mask.size != painting.size:
        mask = mask.resize(painting.size, Image.Resampling.BILINEAR)
    return Image.composite(finished, photo, mask)
