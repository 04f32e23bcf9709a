"""A small store that is bounded, expires, and shows people their own things alone."""

from __future__ import annotations

from bot.latest import Latest

ADA, BOB = 1, 2


def test_only_who_it_is_of_finds_it() -> None:
    latest = Latest[str]()
    key = latest.keep(ADA, "a draft")
    assert latest.find(ADA, key) == "a draft"
    assert latest.find(BOB, key) is None
    assert latest.find(ADA, "0" * 16) is None


def test_the_oldest_go_first_and_all_go_in_time() -> None:
    now = [0.0]
    latest = Latest[int](most=2, seconds=10, clock=lambda: now[0])
    first, second, third = (latest.keep(ADA, number) for number in range(3))
    assert [latest.find(ADA, key) for key in (first, second, third)] == [None, 1, 2]
    now[0] = 9.0
    fourth = latest.keep(ADA, 3)
    now[0] = 10.0
    assert [latest.find(ADA, key) for key in (third, fourth)] == [None, 3]
    now[0] = 19.0
    assert latest.find(ADA, fourth) is None
