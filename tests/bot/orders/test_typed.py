"""Weights as people of several countries type them."""

from __future__ import annotations

import pytest

from backend.errors import UserError
from bot.orders.typed import weights


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("", ()),
        ("  ", ()),
        ("2", (2,)),
        ("1.5", (1.5,)),
        ("2,1", (2, 1)),
        ("2, 1,1", (2, 1, 1)),
        ("2 ,1", (2, 1)),
        ("2, 1.5", (2, 1.5)),
        ("1,5, 2", (1, 5, 2)),
        ("3; 1,5", (3, 1.5)),
        ("3;1.5;", (3, 1.5)),
        ("0,5; 0,25; 1", (0.5, 0.25, 1)),
        ("3 1,5", (3, 1.5)),
        ("3 1.5  2", (3, 1.5, 2)),
        ("２；１．５", (2, 1.5)),
        ("２、１", (2, 1)),
    ],
)
def test_numbers_are_understood(typed: str, numbers: tuple[float, ...]) -> None:
    assert weights(typed) == numbers


@pytest.mark.parametrize("typed", ["lots", "0", "-1", "nan", "inf", "1001", "2; 1 1", "1,5,0; 2"])
def test_what_is_no_weight_is_refused(typed: str) -> None:
    with pytest.raises(UserError, match="is not a weight"):
        weights(typed)
