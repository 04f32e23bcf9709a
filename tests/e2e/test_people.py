"""Several people, several pictures, and how much each may ask for."""

from __future__ import annotations

import asyncio

import pytest

from backend.settings import load_settings
from bot.client import StylizeClient
from localchat import Permission
from nst.options import Colours
from tests.e2e.playing import from_menu, whispered
from tests.e2e.support import PHOTO, STYLE, Stage, gallery, until


async def test_two_at_once_get_their_own(bot: Stage) -> None:
    bot.hold()
    cards = await asyncio.gather(
        bot.stylize("Ada", channel="painting"), bot.stylize("Bob", channel="gallery")
    )
    await until(lambda: any("Waiting: your picture is next" in card.titles for card in cards))
    bot.release()
    for card in cards:
        await card.until("Your picture is ready")
        reply = await bot.until_reply(card)
        person = card.interaction.user
        assert reply["channel_id"] == str(card.interaction.channel_id)
        assert [user["id"] for user in reply["mentions"]] == [str(person.id)]
    assert len({job for job, _ in bot.runs}) == 2
    waited = next(card for card in cards if "Waiting: your picture is next" in card.titles)
    assert waited.titles[-3:] == [
        "Waiting: your picture is next",
        "Painting",
        "Your picture is ready",
    ]


async def test_one_person_may_have_two(bot: Stage) -> None:
    bot.hold()
    await (await bot.stylize("Ada")).until("Painting")
    second = await bot.stylize("Ada")
    await second.until("Waiting")
    third = await bot.stylize("Ada", channel="gallery")
    told = bot.answer_to(third.interaction)
    assert "You already have as many pictures queued or being painted" in told
    others = await bot.stylize("Bob", channel="gallery")
    await others.until("Waiting for its turn")
    assert "Place 2 in the queue" in others.text
    assert sum("checkpoint" not in file for file in bot.spool) == 3 * 4


async def test_without_permissions_nothing_is_begun(bot: Stage) -> None:
    bot.chat.deny_bot(Permission.ATTACH_FILES | Permission.EMBED_LINKS)
    given = {"content": PHOTO, "style": STYLE}
    answer = bot.answer_to(await bot.chat.person("Ada").run("stylize", given))
    assert "Please ask a moderator to give me: Embed Links and Attach Files." in answer
    assert bot.spool == []
    bot.chat.deny_bot(Permission.SEND_MESSAGES_IN_THREADS)  # which this channel is not
    await (await bot.stylize("Ada")).until("Your picture is ready")


async def test_what_the_options_suggest(bot: Stage) -> None:
    ada = bot.chat.person("Ada")
    sizes = await ada.autocomplete("stylize", "size", "")
    assert [choice["value"] for choice in sizes] == [256, 384, 512, 768, 1024]
    assert [c["value"] for c in await ada.autocomplete("stylize", "size", "7")] == [768]


async def test_choices_are_choices_and_what_people_need_comes_first(bot: Stage) -> None:
    commands = {each["name"]: each for each in bot.chat.commands()}
    options = {each["name"]: each for each in commands["stylize"]["options"]}
    first = ["content", "style", "style_name", "strength", "size", "preset", "colours"]
    assert list(options)[:7] == first
    presets = options["preset"]["choices"]
    assert [choice["value"] for choice in presets] == ["draft", "standard", "fine"]
    assert presets[0]["name_localizations"]["de"] == "Entwurf: ein schneller Eindruck"
    assert [c["value"] for c in options["colours"]["choices"]] == list(Colours)
    mine = next(each for each in commands["my"]["options"] if each["name"] == "settings")
    assert mine["options"][0]["choices"] == presets


async def test_what_was_chosen_is_shown(bot: Stage) -> None:
    seed = 2**32 - 1
    card = await bot.stylize(
        "Ada", preset="fine", strength=0, colours="photo", shapes=4.0, seed=seed
    )
    await card.until("Your picture is ready")
    assert "fine · strength 0 · 64 px · photo's colours · very large shapes · for" in card.text
    assert bot.requests[-1]["shapes"] == 4
    assert "Want it larger? Press More…, then Bigger." in card.text


async def test_details_tell_the_seed_that_chance_has_chosen(bot: Stage) -> None:
    card = await bot.stylize("Ada")
    await card.until("Your picture is ready")
    assert "ersion " not in card.text.partition("-#")[2]
    details = await whispered(bot, await from_menu(bot, card, "Details"))
    seed = bot.requests[-1]["seed"]
    assert f"Version: {seed} (this number gives the same picture again)" in details["content"]


async def test_a_host_who_does_not_offer_the_usual_preset(stage: Stage) -> None:
    stage.settings = load_settings(
        data_dir=stage.settings.data_dir, devices=("cpu",), presets="fine,draft"
    )
    async with stage.bot():
        card = await stage.stylize("Ada")
        await card.until("Your picture is ready")
    assert "-# fine · " in card.text


async def test_two_devices_paint_two_pictures_at_once(stage: Stage) -> None:
    stage.settings = load_settings(data_dir=stage.settings.data_dir, devices=("cpu", "cpu"))
    async with stage.bot():
        stage.hold()
        cards = [await stage.stylize(who) for who in ("Ada", "Bob")]
        for card in cards:
            await card.until("Painting")
        (_, first), (_, second) = await stage.until_runs(2)
        assert first != second
        stage.release()
        for card in cards:
            await card.until("Your picture is ready")


async def test_a_server_that_the_bot_is_not_in(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card is kept up to date with the interaction's own token then."""
    monkeypatch.setattr(StylizeClient, "get_guild", lambda self, _: None)
    used: list[str | None] = []
    stage.chat.on_exchange(lambda exchange: used.append(exchange.template))
    async with stage.bot():
        card = await stage.stylize()
        await card.until("Your picture is ready")
        reply = await stage.until_reply(card)
    assert [user["id"] for user in reply["mentions"]] == [str(card.interaction.user.id)]
    assert len(gallery(card.now)) == 3
    assert not any((template or "").startswith("/channels/") for template in used)
