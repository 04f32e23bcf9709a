"""Make the starter styles anew: `python -m docs.starter_styles [NAME ...]`, all without a name."""

import importlib
import io
import sys
from pathlib import Path

from PIL import Image

from nst.images import thumbnail

HERE = Path(__file__).resolve().parent
OUT = HERE.parents[1] / "backend" / "examples" / "styles"
THUMBNAILS = HERE.parents[1] / "backend" / "examples" / "thumbnails"
THUMBNAIL_SIDE = 256
TOOLS = ("__init__", "__main__", "canvas", "oil")
LIMIT = 250_000
"""Most bytes a style may take."""


def encode(image: Image.Image) -> bytes:
    """JPEG of at most LIMIT bytes, at the best quality that fits; ValueError where none does."""
    for quality in range(92, 40, -2):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() <= LIMIT:
            return buffer.getvalue()
    raise ValueError(f"no JPEG quality brings the picture under {LIMIT} bytes")


def main() -> int:
    """Write the named styles, or all; the exit status."""
    known = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in TOOLS)
    names = sys.argv[1:] or known
    if unknown := set(names) - set(known):
        sys.stderr.write(f"No such style: {', '.join(sorted(unknown))}. There are: {known}\n")
        return 2
    for name in names:
        data = encode(importlib.import_module(f"docs.starter_styles.{name}").make())
        (OUT / f"{name}.jpg").write_bytes(data)
        small = thumbnail(Image.open(io.BytesIO(data)), THUMBNAIL_SIDE)
        (THUMBNAILS / f"{name}.jpg").write_bytes(small)
        sys.stdout.write(f"{name}.jpg  {len(data) / 1000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
