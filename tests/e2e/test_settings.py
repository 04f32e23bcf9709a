"""Settings of servers and people as people in the local chat use them."""

from __future__ import annotations

from typing import Any, Final

import pytest

from bot.localchat import Interaction, Permission
from bot.localchat.inputs import InvalidInput
from bot.localchat.payloads import message_payload
from bot.localchat.permissions import MEMBER_PERMISSIONS
from tests.e2e.support import Stage, texts

MANAGER: Final = MEMBER_PERMISSIONS | Permission.MANAGE_GUILD
Json = dict[str, Any]


def _now(stage: Stage, interaction: Interaction) -> Json:
    message = stage.chat.world.message(interaction.response_message_id or 0)
    assert message.visible_to == interaction.user.id
    return dict(message_payload(stage.chat.world, message))


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
    assert "Seconds between two of one person: **5**" in said
    assert "choose 64 to 1024" in await _run(bot, "settings change", max_size=4096)
    assert "choose 1 to 2" in await _run(bot, "settings change", per_person=3)
    assert "no such preset" in await _run(bot, "settings change", preset="@everyone")
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
        gallery = stage.chat.world.channel_named("gallery").id
        await mo.press(message_id, "set-channels", (str(gallery),))
        assert str(gallery) in str(_now(stage, panel))
        form = await mo.press(message_id, "set-numbers")
        await mo.submit(form, {"max_size": "256"})
        assert "Largest size (px): **256**" in _words(_now(stage, panel))
        form = await mo.press(message_id, "set-numbers")
        refused = await mo.submit(form, {"max_size": "many"})
        assert "has to be a whole number" in _words(_now(stage, refused))
    async with stage.bot():
        again = _words(_now(stage, await mo.run("settings show")))
        assert "Largest size (px): **256**" in again
