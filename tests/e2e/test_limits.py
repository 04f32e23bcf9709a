"""Limits hold however many commands come at once, while their pictures are still coming in."""

from __future__ import annotations

import asyncio

from localchat import MEMBER_PERMISSIONS, Permission, Upload
from tests.e2e.moving import moving
from tests.e2e.support import PHOTO, REFUSED, STYLE, Option, Stage, until

ORDER: dict[str, Option] = {"content": PHOTO, "style": STYLE, "size": 64}


async def ask_at_once(stage: Stage, *people: str) -> list[str]:
    """Let people give a command each at the same time; return what they alone are told."""
    given = [stage.chat.person(who).run("stylize", ORDER) for who in people]
    answers = [one.response_message_id or 0 for one in await asyncio.gather(*given)]
    shown = [stage.chat.message(answer) for answer in answers]
    return [each.content for each in shown if each.visible_to is not None]


async def change_settings(stage: Stage, **options: int) -> None:
    manager = stage.chat.person("Mo", MEMBER_PERMISSIONS | Permission.MANAGE_GUILD)
    await manager.run("settings change", {**options})


async def test_of_one_person(bot: Stage) -> None:
    await change_settings(bot, per_person=1)
    bot.hold()
    refused = await ask_at_once(bot, *["Ada"] * 12)
    assert len(refused) == 11
    assert all("already have as many pictures" in said and "(1)" in said for said in refused)


async def test_of_a_server(bot: Stage) -> None:
    await change_settings(bot, per_server=3)
    bot.hold()
    refused = await ask_at_once(bot, *(f"Person {number}" for number in range(9)))
    assert len(refused) == 6
    assert all("This server already has as many" in said and "(3)" in said for said in refused)


async def test_cool_downs(bot: Stage) -> None:
    await change_settings(bot, cooldown=3600)
    refused = await ask_at_once(bot, "Ada", "Ada", "Ada", "Bob")
    assert len(refused) == 2
    assert all("at least 60 min here" in said for said in refused)


async def test_what_came_to_nothing_is_no_reason_to_wait(bot: Stage) -> None:
    await change_settings(bot, cooldown=3600, per_person=1)
    same = {**ORDER, "style": PHOTO}
    await bot.chat.person("Ada").run("stylize", same)
    await until(lambda: "same file" in str(list(bot.history.values())))
    assert await ask_at_once(bot, "Ada") == []


async def test_of_a_day(stage: Stage) -> None:
    """A film of nine frames is two pictures; four versions are four, which are too many."""
    stage.settings = stage.settings.model_copy(update={"daily_per_person": 2, "jobs_per_person": 9})
    async with stage.bot():
        film = await stage.stylize("Ada", Upload("cat.gif", moving(frames=9), "image/gif"))
        await film.until("Your film is ready")
        several = stage.chat.person("Bob").run("stylize", {**ORDER, "takes": 4})
        said = stage.answer_to(await several)
        assert "This would be 4 pictures, and of the 2" in said
        assert "you have 2 left" in said
        await stage.chat.person("Bob").run("stylize", {**ORDER, "takes": 2})
        longer = await stage.stylize("Cleo", Upload("cat.gif", moving(frames=17), "image/gif"))
        await longer.until(REFUSED)
        assert "This would be 3 pictures" in longer.text
        for who in ("Ada", "Bob"):
            [said] = await ask_at_once(stage, who)
            assert "as many pictures today" in said
            assert "(2)" in said
            assert "at midnight UTC" in said
        assert await ask_at_once(stage, "Cleo") == []
        await stage.until_idle()


async def test_of_the_whole_queue(stage: Stage) -> None:
    stage.settings = stage.settings.model_copy(update={"max_jobs": 2})
    async with stage.bot():
        stage.hold()
        refused = await ask_at_once(stage, "Ada", "Bob", "Cleo", "Dan")
        assert len(refused) == 2
        assert all("The bot already has as many" in said and "(2)" in said for said in refused)
        stage.release()
        await stage.until_idle()
        assert await ask_at_once(stage, "Cleo") == []
        await stage.until_idle()
