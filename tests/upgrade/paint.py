"""A handful of small pictures by the public API of nst, to compare releases to the bit.

    python -m tests.upgrade.paint FOLDER [CASE …]

paints the cases (all, if none is named) on one core, writes each as a PNG into FOLDER and prints
one line of JSON: `environment`, what of this machine decides on the last bits, and `hashes`, for
each case the SHA-256 of its RGB bytes.

With release 0.1.0 (commit 31cf7fb) only:

    python -m tests.upgrade.paint --record-files    the files that later releases must read
    python -m tests.upgrade.paint --record          adds this machine to `pictures/hashes.json`
    python -m tests.upgrade.paint --measure         how far pictures of other machines are away
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from PIL import Image

ROOT: Final = Path(__file__).parents[2]
PICTURES: Final = Path(__file__).parent / "pictures"
HASHES: Final = PICTURES / "hashes.json"
CHECKPOINT: Final = PICTURES / "checkpoint"
RECIPE: Final = PICTURES / "recipe.png"
_EARLIEST: Final = 12  # step of the checkpoint

# Whoever sets one of these chooses other instructions, and gets other last bits.
_CHOOSERS: Final = ("ATEN_", "DNNL_", "KMP_", "MKL_", "OMP_", "ONEDNN_", "TORCH_")


def _inputs(name: str) -> Path:
    return PICTURES / "inputs" / f"{name}.png"


def _paint(styles: Any = None, *, photo: str = "photo", **more: Any) -> Image.Image:
    """One picture; what is no option of `Options` is an argument of `stylize`."""
    import nst  # noqa: PLC0415 - the test itself needs no torch

    arguments = ("mask", "init_image", "steps", "checkpoint", "on_progress", "should_stop")
    given = {name: more.pop(name) for name in arguments if name in more}
    options = nst.Options(**{"preset": "draft", "size": 64, "seed": 1, "method_version": 1, **more})
    styles = _inputs("style") if styles is None else styles
    return nst.stylize(_inputs(photo), styles, options, device="cpu", **given).image


def _for_steps(count: int) -> Callable[[], bool]:
    """Stop after so many steps."""
    asked = iter(range(count - 1))
    return lambda: next(asked, None) is None


def _two_styles(**masks: Path) -> list[Any]:
    import nst  # noqa: PLC0415

    return [
        nst.StyleImage(_inputs("style"), weight=1.0, mask=masks.get("first")),
        nst.StyleImage(_inputs("glass"), weight=2.0, mask=masks.get("second")),
    ]


def _reference_from_noise() -> Image.Image:
    return _paint(preset="reference", init="noise", should_stop=_for_steps(40))


def _two_styles_and_mask() -> Image.Image:
    return _paint(_two_styles(), mask=_inputs("mask"))


def _regions() -> Image.Image:
    return _paint(_two_styles(first=_inputs("mask"), second=_inputs("rest")))


def _resumed() -> Image.Image:
    """From the checkpoint that release 0.1.0 left; a release that cannot use it begins anew."""
    with TemporaryDirectory() as folder:
        state = Path(shutil.copy(CHECKPOINT, folder))
        first: list[int] = []
        picture = _paint(checkpoint=state, on_progress=lambda progress: first.append(progress.step))
    if first[0] <= _EARLIEST:
        raise SystemExit(f"The checkpoint of release 0.1.0 was not used: step {first[0]} was next.")
    return picture


def _from_recipe() -> Image.Image:
    """Once more what the recipe in a file of release 0.1.0 says."""
    import nst  # noqa: PLC0415

    return _paint(**nst.read_recipe(RECIPE)["options"])


@dataclass(frozen=True)
class Case:
    """One picture.

    Attributes:
        paint: makes it.
        quick: takes so little time that every run of the tests paints it.
        exact: float32 throughout, whatever the machine.
    """

    paint: Callable[[], Image.Image]
    quick: bool = False
    exact: bool = False


def _case(*, quick: bool = False, exact: bool = False, **more: Any) -> Case:
    return Case(lambda: _paint(**more), quick=quick, exact=exact)


_EARLIER: Final = PICTURES / "draft.png"  # gone on from, so that each case stands for itself
CASES: Final[Mapping[str, Case]] = {
    "draft": _case(quick=True),
    "draft-two-scales": _case(size=96, strength=70),
    "standard": _case(preset="standard"),
    "reference": _case(
        preset="reference", init_image=_EARLIER, steps=20, colours="style", exact=True, quick=True
    ),
    "reference-from-noise": Case(_reference_from_noise, exact=True),
    "noise": _case(init="noise"),
    "style-noise": _case(init="style", strength=90),
    "two-styles-and-mask": Case(_two_styles_and_mask, quick=True),
    "regions": Case(_regions),
    "colours-photo": _case(colours="photo"),
    "colours-histogram": _case(colours="histogram"),
    "colours-covariance": _case(colours="covariance", quick=True),
    "average-pooling": _case(pooling="average"),
    "smooth": _case(tv_weight=0.5),
    "large-strokes": _case(style_scale=2.0),
    "layers": _case(content_layers={"relu4_2": 1.0}, style_layers={"relu1_2": 1.0, "relu3_1": 2.0}),
    "more": _case(init_image=_EARLIER, strength=80, quick=True),
    "larger": _case(init_image=_EARLIER, size=96),
    "six-more-steps": _case(init_image=_EARLIER, steps=6),
    "resumed": Case(_resumed, quick=True),
    "from-recipe": Case(_from_recipe),
}


def digest(picture: Image.Image) -> str:
    """Of what is seen, however a file may hold it."""
    return hashlib.sha256(f"{picture.size}".encode() + picture.convert("RGB").tobytes()).hexdigest()


def environment() -> dict[str, str]:
    """Return what decides on the last bits: two machines for which it is the same paint the same.

    The kernels of torch, oneDNN and MKL are chosen by the processor's instructions and maker, and
    cut their work into blocks by the sizes of its caches; resizing is Pillow's. It says rather too
    much than too little: in float32 the kernels for AVX2 and AVX-512 gave the same bits.
    """
    import numpy as np  # noqa: PLC0415
    import PIL  # noqa: PLC0415
    import torch  # noqa: PLC0415

    from nst.devices import fast_dtype  # noqa: PLC0415

    tell: Any = getattr(torch.cpu, "get_capabilities", dict)
    processor = {
        **tell(),
        "model": _processor_model(),
        "l3": _read(_L3),
        "libc": platform.libc_ver(),
    }
    described = json.dumps(processor, sort_keys=True).encode()
    return {
        "machine": f"{platform.system()} {platform.machine()}",
        "torch": torch.__version__,
        "numpy": np.__version__,
        "pillow": PIL.__version__,
        "capability": torch.backends.cpu.get_cpu_capability(),
        "mkldnn": str(torch.backends.mkldnn.is_available()),  # type: ignore[no-untyped-call]
        "dtype": str(fast_dtype(torch.device("cpu"))).removeprefix("torch."),
        "processor": str(processor.get("cpu_name", "")),
        "features": hashlib.sha256(described).hexdigest()[:16],
    }


_L3: Final = Path("/sys/devices/system/cpu/cpu0/cache/index3/size")


def _processor_model() -> list[str]:
    """Maker, family, model and stepping, where Linux tells."""
    names = ("vendor_id", "cpu family", "model", "stepping")
    lines = _read(Path("/proc/cpuinfo")).partition("\n\n")[0].splitlines()
    return [line for line in lines if line.partition(":")[0].strip() in names]


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def in_child(
    folder: Path, names: Iterable[str], *flags: str, variables: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Paint in a process of its own, on one core and without anybody's settings for the libraries.

    Args:
        folder: for the PNGs.
        names: of cases.
        flags: `--float32`.
        variables: of the environment.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_CHOOSERS)}
    command = [sys.executable, "-m", "tests.upgrade.paint", *flags, str(folder), *names]
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=kept | threads | dict(variables or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return made


def distance(one: Path, other: Path) -> float:
    """Mean difference of two pictures' numbers, each 0 to 255."""
    import numpy as np  # noqa: PLC0415

    pixels = [np.asarray(Image.open(path).convert("RGB"), dtype=float) for path in (one, other)]
    return float(np.abs(pixels[0] - pixels[1]).mean())


def paint_all(folder: Path, names: Iterable[str]) -> None:
    """Paint them in this process."""
    import torch  # noqa: PLC0415

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    hashes = {}
    for name in names:
        picture = CASES[name].paint()
        picture.save(folder / f"{name}.png")
        hashes[name] = digest(picture)
    print(json.dumps({"environment": environment(), "hashes": hashes}))


def recorded() -> dict[str, Any]:
    """`hashes.json`: `machines`, each with `environment` and `hashes`, and `spread`."""
    empty: dict[str, Any] = {"machines": [], "spread": {}}
    return dict(json.loads(HASHES.read_text())) if HASHES.exists() else empty


def record() -> None:
    """Add what this machine paints; the first machine's pictures are kept as files."""
    known = recorded()
    with TemporaryDirectory() as place:
        made = in_child(Path(place), CASES)
        if not known["machines"]:
            for name in CASES:
                shutil.copy(Path(place) / f"{name}.png", PICTURES)
    others = [one for one in known["machines"] if one["environment"] != made["environment"]]
    _write({**known, "machines": [*others, made]})


_OTHERS: Final[tuple[tuple[list[str], dict[str, str]], ...]] = (
    ([], {"OMP_NUM_THREADS": "2"}),
    ([], {"ATEN_CPU_CAPABILITY": "default"}),
    ([], {"MKL_CBWR": "COMPATIBLE"}),
    (["--float32"], {}),
    (["--float32"], {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"}),
)
"""What makes this machine round as another one does."""


def measure() -> None:
    """How far the same picture of another machine is away at most, to tell what is a fault."""
    spread = dict.fromkeys(CASES, 0.0)
    for flags, variables in _OTHERS:
        with TemporaryDirectory() as place:
            in_child(Path(place), CASES, *flags, variables=variables)
            for name in CASES:
                far = distance(Path(place) / f"{name}.png", PICTURES / f"{name}.png")
                spread[name] = max(spread[name], round(far, 2))
    _write({**recorded(), "spread": spread})


def _write(data: dict[str, Any]) -> None:
    HASHES.write_text(json.dumps(data, indent=1) + "\n")


def _without_bfloat16() -> None:
    """Let the processor have no instructions for it: nst takes float32 then."""
    import torch  # noqa: PLC0415

    torch.cpu.get_capabilities = dict  # type: ignore[assignment]


def record_files() -> None:
    """Write the picture that is gone on from, one with its recipe, and a checkpoint."""
    import torch  # noqa: PLC0415

    import nst  # noqa: PLC0415

    torch.set_num_threads(1)
    _paint().save(_EARLIER)
    options = nst.Options(preset=nst.Preset.DRAFT, size=64, seed=2, colours=nst.Colours.PHOTO)
    nst.stylize(_inputs("photo"), _inputs("style"), options, device="cpu").save(RECIPE)

    def interrupt(progress: nst.Progress) -> None:
        """At the first checkpoint that is late enough."""
        if progress.step < _EARLIEST:
            CHECKPOINT.unlink(missing_ok=True)
        elif CHECKPOINT.exists():
            raise KeyboardInterrupt

    CHECKPOINT.unlink(missing_ok=True)
    with suppress(KeyboardInterrupt):
        nst.stylize(
            _inputs("photo"),
            _inputs("style"),
            nst.Options(preset=nst.Preset.DRAFT, size=64, seed=1),
            checkpoint=CHECKPOINT,
            checkpoint_seconds=0.0,
            on_progress=interrupt,
            device="cpu",
        )


def main(arguments: list[str]) -> None:
    """See the text at the top."""
    works = {"--record": record, "--record-files": record_files, "--measure": measure}
    if arguments[0] in works:
        works[arguments[0]]()
        return
    if arguments[0] == "--float32":
        _without_bfloat16()
        arguments = arguments[1:]
    paint_all(Path(arguments[0]), arguments[1:] or CASES)


if __name__ == "__main__":
    main(sys.argv[1:])
