"""When a picture starts and when it is ready: told while it waits and while it is painted."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from tests.e2e.playing import READY, from_menu
from tests.e2e.support import PHOTO, QUICK, STYLE, Card, Stage, texts, until

SLOW = [("standard", 512, 104.0), ("draft", 512, 37.4), ("draft", 384, 21.8), ("draft", 128, 2.0)]


async def until_it_says(card: Card, words: str) -> None:
    await until(lambda: words in card.text)


async def test_a_waiting_card_learns_when_it_starts(stage: Stage) -> None:
    """It is drawn anew when that changes by much, and not otherwise."""
    async with stage.bot(timings=replace(QUICK, waiting_edit=0.5)):
        stage.hold()
        first = await stage.stylize("Ada")
        await first.until_still()
        second = await stage.stylize("Bob")
        await second.until("Waiting: your picture is next")
        assert "starts in" not in second.text
        for seconds in (40, 20):
            stage.hold(silently=False, left=seconds)
            await until_it_says(second, f"starts in about {seconds} s")
            assert f"ready in about {seconds} s" in first.text
        waited = ["\n".join(texts(state["components"])) for state in second.states]
        assert [sum(f"starts in about {s} s" in each for each in waited) for s in (40, 20)] == [
            1,
            1,
        ]
        stage.release()
        await second.until(READY)
        await stage.until_idle()


def _measured(stage: Stage, monkeypatch: pytest.MonkeyPatch, load: float) -> None:
    """Let the machine be slow, and as busy as that, for each of its cores."""
    times = [{"preset": name, "size": size, "seconds": took} for name, size, took in SLOW]
    stage.settings.data_dir.mkdir(parents=True)
    (stage.settings.data_dir / "speed.json").write_text(json.dumps({"cpu of 1": times}))
    cores = os.cpu_count() or 1
    monkeypatch.setattr(os, "getloadavg", lambda: (load * cores, 0.0, 0.0))


async def _ordered(stage: Stage) -> Card:
    """Return the finished picture of somebody who says neither size nor preset."""
    asked = await stage.chat.person("Ada").run("stylize", {"content": PHOTO, "style": STYLE})
    card = Card(stage, asked)
    await card.until(READY)
    await stage.until_delivered(card.job_id)
    return card


async def test_the_first_picture_is_as_large_as_20_seconds_allow(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the host and the person say nothing else; the card says that it may be larger."""
    _measured(stage, monkeypatch, load=0.0)
    async with stage.bot():
        card = await _ordered(stage)
        assert "Want it larger? Press More…, then Bigger." in card.text
        assert "draft · strength 50 · 384 px" in card.text
        bigger = Card(stage, await from_menu(stage, card, "Bigger"))
        await bigger.until(READY)
        await stage.until_idle()
    first, second = [each["size"] for each in stage.requests]
    assert first == 384
    assert second > 384


async def test_a_busy_machine_paints_smaller_pictures_until_it_is_quick(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _measured(stage, monkeypatch, load=3.0)
    async with stage.bot():
        await _ordered(stage)
        await _ordered(stage)  # the first took a moment
        await stage.until_idle()
    async with stage.bot():
        card = await _ordered(stage)
        await stage.until_idle()
    first, *others = [each["size"] for each in stage.requests]
    assert first < 256
    assert min(others) >= 384  # how large depends on what else the machine does
    assert f"standard · strength 50 · {others[-1]} px" in card.text
