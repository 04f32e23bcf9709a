"""Make docs/api.md, the reference of every public name of nst, from the docstrings.

python docs/make_api.py            # or: make api
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from textwrap import dedent
from typing import Any, Final

import nst
import nst.report

PAGE: Final = Path(__file__).parent / "api.md"
_HEAD: Final = """# Reference

Every public name of `nst`, made from the docstrings by `make api`; [the library](library.md) tells
how they go together. `ImageSource` is a path, bytes, an open binary file, a PIL image, a NumPy
array (height × width × 3), a torch tensor ((3, height, width) or (1, 3, height, width)) or a
`LoadedImage`.
"""
_CHAPTERS: Final = {
    "Painting": (
        *("stylize", "stylize_versions", "stylize_many", "continue_"),
        *("Result", "Painted", "StyleImage", "Version"),
    ),
    "Films": (
        *("stylize_frames", "open_film", "PaintedFrame", "FilmFrame", "FilmProgress"),
        "FilmLimits",
    ),
    "Options": ("Options", "Preset", "Colours", "Init", "Pooling"),
    "Beforehand": ("plan", "Plan", "doctor", "Diagnosis", "Finding", "warm_up"),
    "Progress": ("ProgressBar", "Progress"),
    "How a picture came about": ("Recording", "make_report", "Report", "Film"),
    "What the layers know": (
        *("reconstruct_content", "reconstruct_style", "figure"),
        *("trade_off", "ReconstructionOptions"),
    ),
    "Picture files": ("load_image", "save_image", "read_recipe", "LoadedImage"),
    "Errors": (
        *("NstError", "OptionsError", "ImageError", "WeightsError", "DeviceError", "ReportError"),
        "FilmError",
    ),
}
_MODULES: Final = {"Plots, films and sheets": nst.report}
_SECTION: Final = re.compile(r"(Args|Attributes|Raises|Returns|Yields):")
_ENTRY: Final = re.compile(r"(?P<name>\*{0,2}[\w, ]+): (?P<text>.*)")
# Classes that people make themselves; of all others what they have matters, not how they are made.
_MADE: Final = {"StyleImage", "Options", "ProgressBar", "Recording", "ReconstructionOptions"}


def page() -> str:
    """Return the whole page."""
    listed = {name for names in _CHAPTERS.values() for name in names}
    if listed != set(nst.__all__):
        raise SystemExit(f"In one of the two only: {sorted(listed ^ set(nst.__all__))}")
    parts = [_HEAD]
    for chapter, names in _CHAPTERS.items():
        parts.append(f"## {chapter}\n")
        parts += [_described("nst", name, getattr(nst, name)) for name in names]
    for chapter, module in _MODULES.items():
        parts.append(f"## {chapter}\n\n{_text(module)}")
        own = [name for name in module.__all__ if name not in nst.__all__]
        parts += [_described(module.__name__, name, getattr(module, name)) for name in own]
    return "\n".join(parts)


def _described(module: str, name: str, thing: Any) -> str:
    """Return the part of a function or class."""
    if not isinstance(thing, type):
        return f"### {module}.{name}\n\n{_signature(name, thing)}\n{_text(thing)}"
    parts = [f"### {module}.{name}\n"]
    if name in _MADE:
        parts.append(_signature(name, thing))
    parts.append(_text(thing))
    if issubclass(thing, Enum):
        parts.append("One of " + ", ".join(f"`{member.value}`" for member in thing) + ".\n")
    parts += _methods(name, thing)
    return "\n".join(parts)


def _methods(name: str, thing: type) -> Iterator[str]:
    for member, value in vars(thing).items():
        function = getattr(value, "__func__", getattr(value, "func", getattr(value, "fget", value)))
        if member.startswith("_") or not isinstance(function, types.FunctionType):
            continue
        title = f"#### {name}.{member}\n\n"
        is_called = isinstance(value, types.FunctionType | classmethod)
        yield title + (f"{_signature(member, function)}\n" if is_called else "") + _text(function)


def _signature(name: str, thing: Any) -> str:
    """Return how it is called, an argument a line where they do not fit into one."""
    signature = inspect.signature(thing)
    arguments = [each for each in signature.parameters.values() if each.name not in {"self", "cls"}]
    shown, stars = [], False
    for each in arguments:
        if each.kind is each.KEYWORD_ONLY and not stars:
            shown.append("*")
        stars = stars or each.kind in {each.KEYWORD_ONLY, each.VAR_POSITIONAL}
        shown.append(_argument(each))
    result = signature.return_annotation
    ends = "" if result in {signature.empty, "None"} or isinstance(thing, type) else f" -> {result}"
    line = f"{name}({', '.join(shown)}){ends}"
    if len(line) > 88:
        line = f"{name}(\n" + "".join(f"    {each},\n" for each in shown) + f"){ends}"
    return f"```python\n{line}\n```\n"


def _argument(parameter: inspect.Parameter) -> str:
    kinds: dict[Any, str] = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}
    text = f"{kinds.get(parameter.kind, '')}{parameter.name}"
    if parameter.annotation is not parameter.empty:
        text += f": {parameter.annotation}"
    default = parameter.default
    if default is parameter.empty:
        return text
    is_plain = isinstance(default, Enum) or not callable(default)
    shown = repr(str(default)) if isinstance(default, Enum) else repr(default)
    return f"{text} = {shown if is_plain else '…'}"


def _text(thing: Any) -> str:
    """Return a docstring as Markdown: code in fences, arguments and the like as lists."""
    made: list[str] = []
    for block in (inspect.getdoc(thing) or "").split("\n\n"):
        title, *rest = block.splitlines()
        if _SECTION.fullmatch(title):
            made.append(f"**{title}**\n\n" + "\n".join(map(_line, rest)))
        elif block.startswith("    "):
            made.append(f"```python\n{dedent(block)}\n```")
        else:
            made.append(block)
    return "\n\n".join(made) + "\n"


def _line(line: str) -> str:
    """Return a line of a section: an entry of a list, or what continues one."""
    entry = _ENTRY.fullmatch(line.removeprefix("    "))
    if entry and not line.startswith("     "):
        return f"- `{entry['name']}`: {entry['text']}"
    return line.removeprefix("    ") if not line.startswith("     ") else "  " + line.strip()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
