"""The pairs of `benchmarks.protocol`: which there are, which are painted, and painting the rest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from PIL import Image

from benchmarks.pairs import sample
from nst import ImageError, Options, OptionsError, Progress, Result, read_recipe, stylize_many
from nst.formats import readable_suffixes


@dataclass(frozen=True, slots=True)
class Pair:
    """A content image and a style image.

    Attributes:
        content: its file.
        style: its file.
    """

    content: Path
    style: Path

    @property
    def name(self) -> str:
        """Of the result, without its suffix."""
        return f"{self.content.stem}_{self.style.stem}"


def find_pairs(contents: Path, styles: Path, count: int | None) -> list[Pair]:
    """Return every content with every style, or an even sample of `count` of them.

    They come style by style, so that what is known of a style is used for all its contents.

    Raises:
        OptionsError: a folder holds no picture, or two results would have the same name.
    """
    found = [pictures_in(folder) for folder in (contents, styles)]
    pairs = [Pair(content, style) for style in found[1] for content in found[0]]
    seen: dict[str, Pair] = {}
    for pair in pairs:
        if (other := seen.setdefault(pair.name, pair)) is not pair:
            raise OptionsError(
                f"{pair.content.name} with {pair.style.name} and {other.content.name} with "
                f"{other.style.name} would both be called {pair.name}; rename one of them."
            )
    if count is None:
        return pairs
    chosen = set(sample(found[0], found[1], count))
    return [pair for pair in pairs if (pair.content, pair.style) in chosen]


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures of a folder, hidden files left out, by their names.

    Raises:
        OptionsError: there is none.
    """
    suffixes = readable_suffixes()
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    pictures = [
        path for path in found if path.suffix.lower() in suffixes and path.name[0] not in "._"
    ]
    if not pictures:
        raise OptionsError(f"There is no picture in {folder}.")
    return pictures


def what_differs(result: Path, pair: Pair, options: Options) -> str | None:
    """Return what a picture was made from or with other than now; None if nothing.

    Raises:
        ImageError: there is no whole picture with a recipe: it has to be painted.
    """
    recipe = read_recipe(result)
    try:
        with Image.open(result) as picture:
            picture.load()
    except (OSError, SyntaxError) as error:  # Pillow raises the latter for damaged PNG
        raise ImageError(f"{result.name} is damaged.") from error
    if recipe.get("stopped_early"):
        raise ImageError(f"{result.name} was stopped early.")
    now, then = json.loads(json.dumps(options.as_dict())), recipe.get("options", {})
    changed = [name for name in sorted(now | then) if now.get(name) != then.get(name)]
    if changed:
        return ", ".join(f"{name} {then.get(name)}, now {now.get(name)}" for name in changed)
    made_from = (recipe["content"]["sha256"], recipe["styles"][0]["sha256"])
    for path, sha256 in zip((pair.content, pair.style), made_from, strict=True):
        if digest(path) != sha256:
            return f"another {path.name}"
    return None


def to_paint(pairs: Sequence[Pair], folder: Path, options: Options, *, anew: bool) -> list[Pair]:
    """Return the pairs without a whole picture in the folder.

    Args:
        pairs: all of them.
        folder: of the pictures.
        options: of all pictures.
        anew: a picture made with other options or from other files is painted anew.

    Raises:
        OptionsError: there is such a picture, and it shall not be painted anew.
    """
    missing = []
    for pair in pairs:
        path = folder / f"{pair.name}.png"
        try:
            difference = what_differs(path, pair, options)
        except ImageError:
            missing.append(pair)
            continue
        if difference and not anew:
            raise OptionsError(
                f"{path} was made otherwise ({difference}). Name another folder (-o), or paint "
                "such pictures again (--anew)."
            )
        if difference:
            missing.append(pair)
    return missing


def paint(
    pairs: Sequence[Pair],
    options: Options,
    device: str,
    on_progress: Callable[[Progress], None],
) -> Iterator[tuple[Pair, Result | Exception]]:
    """Paint pairs, style by style; yield each with its result, or with why there is none."""
    for style, group in groupby(pairs, key=lambda pair: pair.style):
        waiting = list(group)
        contents = [pair.content for pair in waiting]
        try:
            painted = stylize_many(contents, style, options, on_progress=on_progress, device=device)
        except ImageError as error:  # of the style; other refusals would meet every pair
            yield from ((pair, error) for pair in waiting)
            continue
        for pair, each in zip(waiting, painted, strict=True):
            yield pair, each.result or each.error or RuntimeError("nothing came")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, read once as long as it does not change."""
    state = path.stat()
    return _digest(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4096)
def _digest(path: Path, _changed: int, _size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
