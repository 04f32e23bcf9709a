"""`/queue`: for everyone, with nobody else's file names."""

from __future__ import annotations

from tests.e2e.support import Stage


async def ask(stage: Stage, who: str) -> str:
    """Return what /queue answers, which only that person sees."""
    return stage.answer_to(await stage.chat.person(who).run("queue"))


async def test_an_idle_bot(bot: Stage) -> None:
    assert await ask(bot, "Ada") == (
        "Nothing is being painted and nothing is waiting: your picture would be next."
    )


async def test_what_is_painted_and_what_waits(bot: Stage) -> None:
    bot.hold()
    first = await bot.stylize("Ada", preset="fine")
    await first.until("Painting")
    second = await bot.stylize("Bob")
    await second.until("Waiting")
    for_ada, for_bob, for_cleo = [await ask(bot, who) for who in ("Ada", "Bob", "Cleo")]
    place = f"https://discord.com/channels/{bot.chat.home.id}/{first.now['channel_id']}"
    for words in (for_ada, for_bob, for_cleo):
        assert "**Being painted:**\n- fine · 64 px · " in words
        assert "**Waiting:** 1\n" in words
        assert "cat" not in words
    assert f"- [your card]({place}/{first.id}) · fine · 64 px · " in for_ada
    assert f"- [your card]({place}/{second.id}) · standard · 64 px · place 1" in for_bob
    assert for_cleo.endswith("**Yours:**\n- none")
    bot.release()
    await second.until("Your picture is ready")
    await bot.until_reply(second)
    assert "Nothing is being painted" in await ask(bot, "Bob")


async def test_a_cancel_costs_the_next_person_no_time(bot: Stage) -> None:
    """A painter that listens goes on at once, with the model that it has loaded."""
    bot.hold()
    first = await bot.stylize("Ada")
    await first.until_still()
    second = await bot.stylize("Bob")
    await second.until("Waiting: your picture is next")
    await bot.press(first, "Cancel", "Ada")
    await first.until("Cancelled")
    bot.release()
    await second.until("Your picture is ready")
    (cancelled, worker), (painted, same) = bot.runs
    assert (cancelled, painted) == (first.job_id, second.job_id)
    assert worker == same
