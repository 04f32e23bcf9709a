"""What Discord's answers mean, and the words that go with them."""

from __future__ import annotations

import aiohttp
import pytest
from sqlalchemy.exc import OperationalError

from backend.errors import TOO_LARGE
from bot.cards.answers import Meaning, kind_of, meaning_of, why_refused
from tests.bot.cards.answers import refusal


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refusal(429), "rate limited"),
        (refusal(429, 30046), "rate limited"),
        (refusal(429, page=True, via=False), "banned"),
        (refusal(429, via=False), "banned"),
        (refusal(401), "unauthorized"),
        (refusal(500), "server error"),
        (refusal(503, page=True), "server error"),
        (refusal(400, page=True), "no JSON"),
        (refusal(403, page=True), "no JSON"),
        (refusal(404, page=True), "no JSON"),
        (aiohttp.ServerDisconnectedError(), "connection"),
        (ConnectionResetError(), "connection"),
        (TimeoutError(), "timeout"),
        (OSError(24, "Too many open files"), "system"),
        (OperationalError("SELECT 1", {}, Exception("the database restarts")), "database"),
    ],
    ids=str,
)
def test_outages(error: Exception, kind: str) -> None:
    assert meaning_of(error) is Meaning.OUTAGE
    assert kind_of(error) == kind


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (403, 50001, Meaning.REFUSED),
        (403, 50013, Meaning.REFUSED),
        (403, 160002, Meaning.REFUSED),
        (400, 200000, Meaning.REFUSED),
        (400, 50035, Meaning.REFUSED),
        (404, 0, Meaning.REFUSED),
        (400, 50083, Meaning.ARCHIVED),
        (404, 10003, Meaning.GONE),
        (404, 10004, Meaning.GONE),
        (404, 10008, Meaning.GONE),
        (404, 10015, Meaning.EXPIRED),
        (401, 50027, Meaning.EXPIRED),
        (413, 40005, Meaning.TOO_LARGE),
    ],
)
def test_what_is_final(status: int, code: int, meaning: Meaning) -> None:
    assert meaning_of(refusal(status, code)) is meaning


def test_a_page_that_says_too_large_is_no_outage() -> None:
    assert meaning_of(refusal(413, page=True)) is Meaning.TOO_LARGE


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, 50001, "add me to this thread"),
        (403, 50013, "check my permissions"),
        (400, 50083, "This thread is closed"),
        (403, 160005, "This thread is closed"),
        (400, 200001, "AutoMod"),
        (413, 0, str(TOO_LARGE)),
        (400, 40005, str(TOO_LARGE)),
        (400, 20009, "explicit"),
        (403, 99999, "(error 99999)"),
        (404, 0, "(error 404)"),
    ],
)
def test_words(status: int, code: int, words: str) -> None:
    assert words in str(why_refused(refusal(status, code)))
