"""Make every starter style anew: `python -m starter_styles [name ...]`."""

import importlib
import io
import sys
from pathlib import Path

from PIL import Image

NAMES = ("night_wind", "stained_glass", "woodblock_wave", "pencil_valley", "watercolour_meadow", "dotted_garden", "cubist_harbour", "gold_on_black")
OUT = Path(__file__).resolve().parent.parent / "bot" / "examples" / "styles"
LIMIT = 250_000


def encode(image: Image.Image) -> bytes:
    """JPEG of at most LIMIT bytes, at the best quality that fits."""
    for quality in range(92, 40, -2):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() <= LIMIT:
            return buffer.getvalue()
    raise ValueError(f"no JPEG quality brings the picture under {LIMIT} bytes")


def main() -> None:
    """Write the named styles, or all."""
    OUT.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or NAMES:
        style = importlib.import_module(f"starter_styles.{name}")
        data = encode(style.make())
        (OUT / f"{name}.jpg").write_bytes(data)
        sys.stdout.write(f"{name}.jpg  {len(data) / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
