"""Feature maps of a network, and the derivative of losses on them.

`encoder.py` walks through the layers, `convolutions.py` chooses how each is computed, `winograd.py`
and `nnpack.py` are two of the ways.
"""

from nst.encoder.encoder import Encoder, Hook, load_encoder

__all__ = ["Encoder", "Hook", "load_encoder"]
