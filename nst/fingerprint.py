"""A perceptual fingerprint: pictures that look alike differ in few of its bits.

Signs of low cosine frequencies of a small grey version, after C. Zauner, "Implementation and
benchmarking of perceptual image hash functions" (2010), section 3.2.2. Zauner compares with the
median; the sign of a coefficient carries as much and has a merit of its own: mirroring a picture
only flips the odd frequencies, so that `nst.look` finds mirrored and turned copies by itself.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

SIDE: Final = 8
_SMALL: Final = 32  # pixels of the grey version's side
_PLAIN: Final = 2.0  # standard deviation of grey levels; below, signs would be those of noise


def fingerprint(picture: Image.Image) -> str | None:
    """Return 64 bits as 16 hexadecimal digits.

    Args:
        picture: of any mode and size; transparency is ignored.

    Returns:
        Row by row (vertical frequency 1 to 8, then horizontal 1 to 8, highest bit first), a bit
        is set where the coefficient is above 0. None for a picture too plain to tell from others.
    """
    grey = picture.convert("L").resize((_SMALL, _SMALL), Image.Resampling.BOX)
    pixels = np.asarray(grey, dtype=np.float64)
    if pixels.std() < _PLAIN:
        return None
    waves = _waves()
    bits = (waves @ pixels @ waves.T > 0).ravel()
    return np.packbits(bits).tobytes().hex()


def _waves() -> np.ndarray:
    """Return rows 1 to 8 of the discrete cosine transform (type II), shape (8, 32)."""
    frequency = np.arange(1, SIDE + 1)[:, None]
    place = np.arange(_SMALL)[None, :] + 0.5
    return np.cos(np.pi / _SMALL * frequency * place)
