"""What people type into fields of forms."""

from __future__ import annotations

from typing import Final
from unicodedata import normalize

from backend.errors import Problems, UserError
from backend.i18n import Text
from bot.ui.words import typed as as_typed

_MAX_WEIGHT: Final = 1000.0
_NUMBER: Final = Text("{name} is a whole number from {low} to {high}, not “{typed}”.")


def whole(name: Text, typed: str, low: int, high: int) -> int:
    """Return the whole number that somebody typed.

    Raises:
        UserError: it is none, or out of range.
    """
    text = typed.strip()
    if not text.isdecimal() or not low <= int(text) <= high:
        raise UserError(_NUMBER, name=name, low=low, high=high, typed=as_typed(text))
    return int(text)


def weights(typed: str) -> tuple[float, ...]:
    """Return the weights that somebody typed: `2, 1`, `2; 1.5`, `2; 1,5` or `2 1,5`.

    A comma is a decimal one where semicolons, or spaces alone, stand between the numbers.
    Full-width digits and signs, as Japanese keyboards type them, count as the others do.

    Raises:
        UserError: one is none, or out of range.
    """
    plain = normalize("NFKC", typed).replace("、", ",")
    problems, numbers = Problems(), list[float]()
    for part in filter(None, _parts(plain.strip())):
        with problems.noted():
            numbers.append(_weight(part))
    problems.check()
    return tuple(numbers)


def _parts(typed: str) -> list[str]:
    if ";" in typed:
        return [part.strip() for part in typed.replace(",", ".").split(";")]
    words = typed.split()
    if len(words) > 1 and not any(word.startswith(",") or word.endswith(",") for word in words):
        return typed.replace(",", ".").split()
    return typed.replace(",", " ").split()


def _weight(typed: str) -> float:
    try:
        number = float(typed)
    except ValueError:
        number = 0.0
    if not 0 < number <= _MAX_WEIGHT:
        raise UserError(
            "“{typed}” is not a weight: write one number above 0 for each style, such as “2; 1.5”.",
            typed=as_typed(typed),
        )
    return number
