"""Transport compression of the gateway: one stream for the life of a connection.

Source: Discord's API documentation, "Gateway → Encoding and Compression".
"""

from __future__ import annotations

import importlib
import zlib
from typing import Any, Protocol


class UnsupportedCompression(Exception):
    """The client asks for a compression that is not available here."""


class Compressor(Protocol):
    """Compresses one gateway message and flushes, so that it can be read at once."""

    def __call__(self, text: bytes) -> bytes:
        """Return the next piece of the stream, one whole message."""


def _zlib_stream() -> Compressor:
    stream = zlib.compressobj()

    def compress(text: bytes) -> bytes:
        return stream.compress(text) + stream.flush(zlib.Z_SYNC_FLUSH)

    return compress


def _zstd_stream() -> Compressor:
    # Python 3.14 has it, before that the package zstandard; discord.py looks in the same places.
    try:
        module: Any = importlib.import_module("compression.zstd")
        stream = module.ZstdCompressor()
        flush = module.ZstdCompressor.FLUSH_BLOCK
    except ModuleNotFoundError:
        try:
            module = importlib.import_module("zstandard")
        except ModuleNotFoundError:
            raise UnsupportedCompression("zstd-stream needs the package zstandard") from None
        stream = module.ZstdCompressor().compressobj()
        flush = module.COMPRESSOBJ_FLUSH_BLOCK

    def compress(text: bytes) -> bytes:
        return bytes(stream.compress(text) + stream.flush(flush))

    return compress


def compressor(name: str | None) -> Compressor | None:
    """Return the compressor a client asks for in its query; None for plain text.

    Raises:
        UnsupportedCompression: nobody knows it, or it is not installed here.
    """
    if name is None:
        return None
    if name == "zlib-stream":
        return _zlib_stream()
    if name == "zstd-stream":
        return _zstd_stream()
    raise UnsupportedCompression(f"unknown compression {name[:40]!r}")
