"""Many photos, in one style or in several: which there are, and where their results go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from glob import glob, has_magic
from pathlib import Path
from typing import Annotated

import typer

from nst.cli.pictures import Mask, MoreStyles, Pictures, StyleMasks, path_and_weight
from nst.errors import OptionsError


class ResultFormat(StrEnum):
    """Of results in a folder; the value is the file's suffix without its dot."""

    PNG = "png"
    WEBP = "webp"
    JPG = "jpg"


Target = Annotated[
    str,
    typer.Option(
        "--out",
        "-o",
        help="Result: .png, .webp or .jpg; overwritten. A folder for several, or with a / at its "
        "end.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyPictures:
    """What one result or several are made from."""

    content: Annotated[
        list[str], typer.Argument(help="The photo, or several: files, folders, quoted globs.")
    ]
    style: Annotated[
        str,
        typer.Argument(
            help="The picture whose look is wanted; FILE or FILE:WEIGHT. A folder or a quoted "
            "glob for several: every photo is painted in each of them."
        ),
    ]
    each_style: Annotated[
        list[str] | None,
        typer.Option(
            help="A further STYLE: every photo is painted in it, too; repeatable. (--style is "
            "mixed into the picture.)"
        ),
    ] = None
    more_styles: MoreStyles = None
    mask: Mask = None
    style_masks: StyleMasks = None
    file_format: Annotated[
        ResultFormat, typer.Option("--format", help="Of results in a folder.")
    ] = ResultFormat.PNG
    skip_existing: Annotated[
        bool,
        typer.Option("--skip-existing", help="Paint no picture whose result is there already."),
    ] = False

    def are_several(self, out: str) -> bool:
        """Tell whether the results go into a folder `out`.

        Raises:
            OptionsError: a name is empty, which would be that of the present folder.
        """
        if not all((out, *self.content, self.style, *(self.each_style or ()))):
            raise OptionsError("A name is empty; name a picture, or . for the present folder.")
        path = Path(out)
        return (
            len(self.content) > 1
            or bool(self.each_style)
            or _names_several(self.content[0])
            or _names_several(path_and_weight(self.style)[0])
            or out.endswith("/")
            or (path.is_dir() and not path.suffix)
        )

    def one(self) -> Pictures:
        """Return the pictures of a single result."""
        return self._of(Path(self.content[0]), self.style)

    def plan(self, photos: Sequence[Path], folder: Path) -> list[tuple[Pictures, list[Path]]]:
        """Return for each style its pictures, and the file of the result of each photo.

        Args:
            photos: those of `contents`.
            folder: of all results.

        Raises:
            OptionsError: a folder or a glob holds no picture, results would have the same name,
                overwrite a picture that they are made from, or `folder` is none.
        """
        if folder.exists() and not folder.is_dir():
            raise OptionsError(f"{folder} is a file; name a folder for several results.")
        styles = list(self._styles())
        photo_names = _names(photos)
        style_names = _names([path_and_weight(style)[0] for style in styles])
        plan = []
        for style, style_name in zip(styles, style_names, strict=True):
            ends = f"-{style_name}" if len(styles) > 1 else ""
            files = [folder / f"{name}{ends}.{self.file_format}" for name in photo_names]
            plan.append((self._of(photos[0], style), files))
        _check_targets([path for _, files in plan for path in files], plan, photos)
        return plan

    @property
    def contents(self) -> list[Path]:
        """All photos, each once.

        Raises:
            OptionsError: a folder or a glob holds no picture.
        """
        return list(dict.fromkeys(path for name in self.content for path in _expanded(name)))

    def _styles(self) -> Iterator[str]:
        """Yield each style, with its weight if it has one."""
        for name in (self.style, *(self.each_style or ())):
            path, weight = path_and_weight(name)
            for found in _expanded(path):
                yield str(found) if weight is None else f"{found}:{weight:.20f}"  # no exponent

    def _of(self, content: Path, style: str) -> Pictures:
        return Pictures(
            content=content,
            style=style,
            more_styles=self.more_styles,
            mask=self.mask,
            style_masks=self.style_masks,
        )


def _names_several(name: str | Path) -> bool:
    path = Path(name)
    return path.is_dir() or (has_magic(str(name)) and not path.exists())


def _expanded(name: str | Path) -> list[Path]:
    """Return the pictures that a file, a folder or a glob names, in the order of their names."""
    path = Path(name)
    if not _names_several(name):
        return [path]
    if path.is_dir():
        from nst.formats import readable_suffixes  # noqa: PLC0415 - see the package's text

        suffixes = readable_suffixes()
        found = [each for each in path.iterdir() if each.suffix.lower() in suffixes]
    else:
        # Path.glob takes no absolute patterns before Python 3.13.
        found = [Path(each) for each in glob(str(name), recursive=True)]  # noqa: PTH207
    files = sorted(each for each in found if each.is_file() and not each.name.startswith("."))
    if not files:
        place = f"in the folder {path}" if path.is_dir() else f"that matches {name}"
        raise OptionsError(f"There is no picture {place}.")
    return files


def _names(paths: Sequence[Path]) -> list[str]:
    """Return what to call results: the stem, or folder, stem and suffix where it is not alone."""
    stems = Counter(path.stem.casefold() for path in paths)
    return [
        path.stem
        if stems[path.stem.casefold()] == 1
        else "-".join((path.resolve().parent.name, path.stem, path.suffix[1:]))
        for path in paths
    ]


def _check_targets(
    targets: Sequence[Path], plan: Sequence[tuple[Pictures, object]], photos: Sequence[Path]
) -> None:
    """Refuse results that would overwrite each other or a picture that they are made from."""
    for name, count in Counter(str(path).casefold() for path in targets).items():
        if count > 1:
            raise OptionsError(
                f"{count} results would be called {Path(name).name}: give the pictures other "
                "names, or paint them into different folders."
            )
    inputs = {path.resolve() for path in photos}
    for pictures, _ in plan:
        inputs |= {path.resolve() for path in pictures.files}
    for path in targets:
        if path.resolve() in inputs:
            raise OptionsError(f"{path} is one of the inputs; name another folder.")
