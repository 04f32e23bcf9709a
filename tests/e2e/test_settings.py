"""Settings of servers and people as people in the local chat use them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from localchat import MEMBER_PERMISSIONS, ChannelKind, Interaction, InvalidInput, Permission
from tests.e2e.support import PHOTO, STYLE, Card, Stage, buttons, gallery, texts, until

MANAGER: Final = MEMBER_PERMISSIONS | Permission.MANAGE_GUILD
Json = dict[str, Any]


def _now(stage: Stage, interaction: Interaction) -> Json:
    message = stage.chat.message(interaction.response_message_id or 0)
    assert message.visible_to == interaction.user.id
    return dict(stage.chat.message_json(message))


def _words(message: Json) -> str:
    return str(message["content"]) or "\n".join(texts(message["components"]))


async def _run(
    stage: Stage, command: str, permissions: Permission = MANAGER, **options: Any
) -> str:
    person = stage.chat.person("Mo", permissions)
    return _words(_now(stage, await person.run(command, options)))


async def test_only_managers_see_the_command(bot: Stage) -> None:
    with pytest.raises(InvalidInput):
        await _run(bot, "settings show", MEMBER_PERMISSIONS)


async def test_settings_by_options(bot: Stage) -> None:
    assert "Say what to change" in await _run(bot, "settings change")
    said = await _run(bot, "settings change", max_size=512, cooldown=5, preset="draft")
    assert "Largest size (px): **512**" in said
    assert "Seconds between one person's pictures: **5**" in said
    assert "choose 64 to 1024" in await _run(bot, "settings change", max_size=4096)
    assert "choose 1 to 2" in await _run(bot, "settings change", per_person=3)
    assert "Largest size (px): **1024**" in await _run(bot, "settings reset")


async def test_the_panel_works_after_a_restart(stage: Stage) -> None:
    mo = stage.chat.person("Mo", MANAGER)
    async with stage.bot():
        panel = await mo.run("settings show")
    message_id = panel.response_message_id or 0
    async with stage.bot():
        await mo.press(message_id, "set-spoiler:on")
        assert "Spoiler by default: on" in str(_now(stage, panel))
        await mo.press(message_id, "set-preset", ("fine",))
        await mo.press(message_id, "set-language", ("de",))
        gallery = stage.chat.channel("gallery").id
        await mo.press(message_id, "set-channels", (str(gallery),))
        assert str(gallery) in str(_now(stage, panel))
        form = await mo.press(message_id, "set-numbers")
        await mo.submit(form, {"max_size": "256"})
        assert "Largest size (px): **256**" in _words(_now(stage, panel))
        form = await mo.press(message_id, "set-numbers")
        refused = await mo.submit(form, {"max_size": "many"})
        assert "has to be a whole number" in _words(_now(stage, refused))
        again = buttons(_now(stage, refused))["Open the form again"]["custom_id"]
        form = await mo.press(refused.response_message_id or 0, again)
        mended = await mo.submit(form, {"max_size": "５１２"})
        assert "Largest size (px): **512**" in _words(_now(stage, mended))
    async with stage.bot():
        again = _words(_now(stage, await mo.run("settings show")))
        assert "Largest size (px): **512**" in again


async def test_settings_hold_for_stylize(bot: Stage) -> None:
    mo = bot.chat.person("Mo", MANAGER)
    await _run(bot, "settings change", max_size=128, spoiler=True, per_person=1, preset="draft")
    refused = await bot.chat.person("Ada").run(
        "stylize", {"content": PHOTO, "style": STYLE, "size": 256}
    )
    await until(lambda: "128" in _words(_now(bot, refused)))
    bot.hold()
    card = await bot.stylize("Ada", size=64)
    await card.until("Painting")
    assert "draft" in card.text
    second = await bot.stylize("Ada", size=64)
    assert "(1)" in bot.answer_to(second.interaction)
    bot.release()
    await card.until("Your picture is ready")
    assert gallery(card.now)[0]["spoiler"]
    await mo.run("settings channel", {"channel": "gallery"})
    elsewhere = await bot.chat.person("Bob").run("stylize", {"content": PHOTO, "style": STYLE})
    assert "In this server I paint in" in _words(_now(bot, elsewhere))
    allowed = await bot.stylize("Bob", channel="gallery", size=64)
    await allowed.until("Your picture is ready")
    await mo.run("settings change", {"age_restricted_only": True})
    refused = await bot.chat.person("Bob").run(
        "stylize", {"content": PHOTO, "style": STYLE}, channel="gallery"
    )
    assert "age-restricted channels only" in _words(_now(bot, refused))


async def test_the_cooldown(bot: Stage) -> None:
    await _run(bot, "settings change", cooldown=3600)
    card = await bot.stylize("Ada", size=64)
    await card.until("Your picture is ready")
    again = await bot.stylize("Ada", size=64)
    assert "at least 60 min here" in bot.answer_to(again.interaction)
    await (await bot.stylize("Bob", size=64)).until("Your picture is ready")


async def test_what_a_person_prefers_holds_for_stylize(bot: Stage) -> None:
    ada = bot.chat.person("Ada")
    await ada.run("my settings", {"preset": "draft", "strength": 70, "size": 128})
    card = Card(bot, await ada.run("stylize", {"content": PHOTO, "style": STYLE}))
    await card.until("Your picture is ready")
    assert "draft · strength 70 · 128 px" in card.text


@pytest.mark.parametrize("by_panel", [False, True], ids=["by command", "by panel"])
@pytest.mark.parametrize("kind", ["VOICE", "STAGE", "ANNOUNCEMENT", "FORUM", "MEDIA"])
async def test_any_channel_can_be_allowed_and_its_threads_follow(
    bot: Stage, kind: str, *, by_panel: bool
) -> None:
    place = bot.chat.add_channel(kind.lower(), kind=ChannelKind[kind])
    mo = bot.chat.person("Mo", MANAGER)
    if by_panel:
        panel = await mo.run("settings show")
        parts = _parts(_now(bot, panel)["components"])
        (offered,) = [each for each in parts if each.get("custom_id") == "set-channels"]
        assert not offered.get("channel_types"), "all kinds are offered"
        await mo.press(panel.response_message_id or 0, "set-channels", (str(place.id),))
    else:
        await mo.run("settings channel", {"channel": place.name})
    elsewhere = await bot.chat.person("Bob").run("stylize", {"content": PHOTO, "style": STYLE})
    assert f"In this server I paint in <#{place.id}> only" in _words(_now(bot, elsewhere))
    here = place.id
    if kind in {"FORUM", "MEDIA", "ANNOUNCEMENT"}:
        here = bot.chat.add_thread("a post", place).id
    card = await bot.stylize("Bob", channel=here, size=64)
    await card.until("Your picture is ready")


def _parts(node: list[Json]) -> Iterator[Json]:
    for component in node:
        yield component
        yield from _parts(component.get("components", []))
