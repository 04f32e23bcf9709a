"""When a picture starts and when it is ready: told while it waits and while it is painted."""

from __future__ import annotations

from dataclasses import replace

from tests.e2e.playing import READY
from tests.e2e.support import QUICK, Stage, texts, until


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
            await until(lambda words=f"starts in about {seconds} s": words in second.text)
            assert f"ready in about {seconds} s" in first.text
        waited = ["\n".join(texts(state["components"])) for state in second.states]
        assert [sum(f"starts in about {s} s" in each for each in waited) for s in (40, 20)] == [
            1,
            1,
        ]
        stage.release()
        await second.until(READY)
        await stage.until_idle()
