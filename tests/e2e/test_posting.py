"""A picture that is there, posted for everybody: what the server wants holds for it as well."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from localchat import MEMBER_PERMISSIONS, Fault, Interaction, Permission
from tests.e2e.conftest import Expected
from tests.e2e.playing import READY, act, from_menu, whispered
from tests.e2e.support import STYLE, Card, Json, Option, Stage, buttons, gallery, until
from tests.e2e.test_sources import all_hidden

BOSS: Final = MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES | Permission.MANAGE_GUILD
TAKEN_DOWN: Final = "looks like a picture that was taken down here"


async def _post(stage: Stage, card: Card, channel: str | int | None = None) -> Interaction:
    """Find a picture of Ada's in her list there, look at it beside its photo, and post that."""
    ada = stage.chat.person("Ada")
    page = Card(stage, await ada.run("my pictures", channel=channel))
    await until(lambda: f"menu:{card.job_id}" in str(page.states[-1:]))
    panel = Card(stage, await ada.press(page.id, f"menu:{card.job_id}"))
    compare = buttons(panel.now)["Before and after"]["custom_id"]
    told = await whispered(stage, await ada.press(panel.id, compare))
    return await ada.press(int(told["id"]), buttons(told)["Post it here"]["custom_id"])


async def _decide(stage: Stage, command: str, **options: Option) -> None:
    decided = Card(stage, await stage.chat.person("Mo", BOSS).run(command, options))
    await until(lambda: bool(decided.now["content"] or decided.now["components"]))


def _public(stage: Stage, channel: int) -> list[Json]:
    found = stage.chat.all_messages()
    here = (each for each in found if each.channel_id == channel and each.visible_to is None)
    return [stage.chat.message_json(each) for each in here if each.attachments]


async def test_in_channels_alone_that_the_server_wants(bot: Stage) -> None:
    first, other = (channel.id for channel in bot.chat.channels()[:2])
    card = await bot.stylize(channel=first)
    private = await bot.stylize(private=True, channel=other)
    for each in (card, private):
        await each.until(READY)
        await bot.until_delivered(each.job_id)
    await _decide(bot, "settings channel", channel=first)
    assert "I paint in" in bot.answer_to(await _post(bot, card, other))
    share = await bot.chat.person("Ada").press(private.id, f"share:{private.job_id}")
    assert "I paint in" in bot.answer_to(share)
    assert _public(bot, other) == []


async def test_nothing_that_was_taken_down(bot: Stage, expect_errors: Expected) -> None:
    expect_errors("cannot be delivered")
    ada = bot.chat.person("Ada")
    card, private = await bot.stylize(channel=ada.dm), await bot.stylize(private=True)
    for each in (card, private):
        await each.until(READY)
        await bot.until_delivered(each.job_id)
    bot.hold()
    refused = await bot.stylize("Bob")
    await refused.until_still()
    bot.chat.faults.next(
        "PATCH", f"/messages/({refused.id}|@original)$", status=400, code=200000, times=2
    )
    bot.release()
    await refused.until("Your picture cannot be posted")
    await bot.until_delivered(refused.job_id)
    await _decide(bot, "style takedown", picture=STYLE)
    assert TAKEN_DOWN in bot.answer_to(await _post(bot, card))
    share = await ada.press(private.id, f"share:{private.job_id}")
    assert TAKEN_DOWN in bot.answer_to(share)
    repost = await bot.chat.person("Bob").press(refused.id, f"repost:{refused.job_id}")
    assert TAKEN_DOWN in bot.answer_to(repost)
    assert _public(bot, bot.chat.channels()[0].id) == []
    posted = await _post(bot, card, ada.dm)
    await until(lambda: bool(posted.followup_ids))


async def test_hidden_where_the_server_hides_pictures(bot: Stage) -> None:
    ada, here = bot.chat.person("Ada"), bot.chat.channels()[0].id
    card = await bot.stylize(channel=ada.dm)
    await card.until(READY)
    await bot.until_delivered(card.job_id)
    await _decide(bot, "settings change", spoiler=True)
    await _post(bot, card, here)
    await until(lambda: bool(_public(bot, here)))
    (posted,) = _public(bot, here)
    assert posted["attachments"][0]["filename"].startswith("SPOILER_compare-")


async def test_what_is_painted_on_is_hidden_there_as_well(bot: Stage) -> None:
    ada, here = bot.chat.person("Ada"), bot.chat.channels()[0].id
    card, private = await bot.stylize(channel=ada.dm), await bot.stylize(private=True)
    for each in (card, private):
        await each.until(READY)
        await bot.until_delivered(each.job_id)
    await _decide(bot, "settings change", spoiler=True)
    page = Card(bot, await ada.run("my pictures", channel=here))
    await until(lambda: f"menu:{card.job_id}" in str(page.states[-1:]))
    another = Card(bot, await ada.press(page.id, f"take:{card.job_id}"))
    shared = await act(bot, private, "Share")
    await another.until(READY)
    await until(lambda: len(gallery(shared.now)) == 3)
    assert all_hidden(another)
    assert all_hidden(shared)
    await until(lambda: "Share" not in buttons(private.now))
    await ada.press(shared.id, f"tophoto:{private.job_id}")
    await until(lambda: "Style's colours" in buttons(shared.now))
    assert all_hidden(shared)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(status=400, code=200000), "This server's AutoMod blocked my message"),
        (Fault(status=429, via=False), "Discord does not take it now"),
    ],
    ids=["refused", "outage"],
)
async def test_why_discord_does_not_take_it_is_told(bot: Stage, fault: Fault, words: str) -> None:
    private, card = await bot.stylize(private=True), await bot.stylize()
    for each in (card, private):
        await each.until(READY)
        await bot.until_delivered(each.job_id)
    shared = replace(fault, method="PATCH", path="/messages/@original$")
    bot.chat.faults.start(shared, times=1)
    share = await bot.chat.person("Ada").press(private.id, f"share:{private.job_id}")
    fault = replace(fault, method="POST", path="^/webhooks/")
    panel = await whispered(bot, await from_menu(bot, card, "Before and after"))
    bot.chat.faults.start(fault, times=1)
    post = buttons(panel)["Post it here"]["custom_id"]
    posted = await bot.chat.person("Ada").press(int(panel["id"]), post)
    await until(lambda: bool(share.followup_ids and posted.followup_ids))
    for pressed in (share, posted):
        assert words in bot.chat.message(pressed.followup_ids[0]).content


async def test_what_was_shared_in_a_thread_without_the_bot_can_be_changed_later(bot: Stage) -> None:
    chat, ada = bot.chat, bot.chat.person("Ada")
    thread = chat.add_thread("secrets", chat.channels()[0], private=True)
    chat.add_to_thread(thread, ada)
    card = await bot.stylize("Ada", private=True, channel=thread.id)
    await card.until(READY)
    await bot.until_delivered(card.job_id)
    shared = await act(bot, card, "Share")
    await until(lambda: "Share" not in buttons(card.now))
    real = chat.clock
    chat.clock = lambda: real() + 16 * 60
    described = await from_menu(bot, shared, "Write alt text…")
    said = await ada.submit(described, {"text": "A cat on a wave"})
    assert "Screen readers now read" in (await whispered(bot, said))["content"]
    asked = Card(bot, await from_menu(bot, shared, "Delete…"))
    await ada.press(asked.id, buttons(asked.now)["Delete it for good"]["custom_id"])
    await asked.until("Deleted.")
    assert chat.find_message(shared.id) is None
