"""Everybody reads their own language; what the bot does not speak is answered in English."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Final

from bot.i18n import words_for
from bot.localchat import Interaction, Permission, Upload
from bot.localchat.payloads import message_payload
from bot.localchat.permissions import MEMBER_PERMISSIONS
from tests.e2e.conftest import Expected
from tests.e2e.support import PHOTO, STYLE, Json, Option, Stage, buttons, gallery, texts, until

LOCALES: Final = ("de", "fr", "es-ES", "es-419", "pt-BR", "ja")
# https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-naming
NAME: Final = re.compile(r"[-_'\w]{1,32}")
MANAGER: Final = MEMBER_PERMISSIONS | Permission.MANAGE_GUILD
EMPTY: Final = Upload("leer.png", b"", "image/png")


async def test_two_people_read_their_own_languages(bot: Stage) -> None:
    bot.chat.person("Berta", locale="de")
    bot.chat.person("Chiyo", locale="ja")
    german, japanese = await asyncio.gather(
        bot.stylize("Berta", channel="painting"), bot.stylize("Chiyo", channel="gallery")
    )
    await german.until("Dein Bild ist fertig")
    await japanese.until("画像ができました")
    assert "Wird gemalt" in german.titles
    assert "制作中" in japanese.titles
    assert "Standard · Stärke 50 · 64 px · Seed " in german.text
    assert "標準 · 強さ 50 · 64 px · シード " in japanese.text
    assert "Gemalt in " in german.text
    assert any(item["description"].startswith("Nachher: „cat.jpg“") for item in gallery(german.now))
    assert "dein Bild ist fertig." in (await bot.until_reply(german))["content"]
    assert "画像ができました。" in (await bot.until_reply(japanese))["content"]


async def test_buttons_say_and_answer_in_the_language_of_who_reads(bot: Stage) -> None:
    """The card is its requester's; an answer is for who pressed."""
    bot.hold()
    bot.chat.person("Berta", locale="de")
    bot.chat.person("Paulo", locale="pt-BR")
    card = await bot.stylize("Berta")
    await card.until("Wird gemalt")
    await until(lambda: "75\u00a0%" in card.text)
    assert {"Anhalten und behalten", "Abbrechen"} <= set(buttons(card.now))
    refused = await bot.press(card, "Abbrechen", "Paulo")
    assert refused.startswith("Só <@")
    assert await bot.press(card, "Abbrechen", "Berta") == "Abgebrochen. Es wurde nichts behalten."
    await card.until("Abgebrochen")


async def test_a_refusal_is_translated_down_to_its_reason(bot: Stage) -> None:
    bot.chat.person("Benoît", locale="fr")
    card = await bot.stylize("Benoît", content=EMPTY)
    await card.until("Ça n'a pas marché")
    assert "Ta photo « leer.png » n'est pas utilisable. Ce fichier est vide (0 octet)." in card.text


async def test_an_unforeseen_option_is_refused_in_spanish(bot: Stage) -> None:
    ana = bot.chat.person("Ana", locale="es-419")
    given: dict[str, Option] = {"content": PHOTO, "style": STYLE, "size": 4096}
    answer = bot.answer_to(await ana.run("stylize", given))
    assert answer == "4096 px es demasiado para este bot: elige un tamaño de 1024 como máximo."


async def test_a_failure_is_kept_in_the_language_of_who_asked(
    stage: Stage, expect_errors: Expected
) -> None:
    expect_errors("worker on cpu")
    stage.chat.person("Berta", locale="de")
    async with stage.bot(painter="tests.contracts.painters:load_without_weights"):
        card = await stage.stylize("Berta")
        await card.until("Dieses Bild konnte nicht gemalt werden")
        assert "Gerade kann kein Bild gemalt werden, weil kein Malprozess startet." in card.text
        assert "dein Bild ist nicht gelungen." in (await stage.until_reply(card))["content"]
    (job,) = await stage.jobs(card.job_id)
    assert (job.error or "").startswith("Gerade kann kein Bild gemalt werden")


async def test_somebody_chooses_a_language_for_this_bot(bot: Stage) -> None:
    """It counts more than the language of their Discord, on cards and in answers."""
    ada = bot.chat.person("Ada", locale="fr")
    assert "Deutsch" in bot.answer_to(await ada.run("my settings", {"language": "de"}))
    card = await bot.stylize("Ada")
    await card.until("Dein Bild ist fertig")
    assert "es wird nichts gemalt" in bot.answer_to(await ada.run("queue")).lower()
    assert "Über diesen Bot" in whispered(bot, await ada.run("about"))
    await ada.run("my settings", {"language": "own"})
    assert "À propos de ce bot" in whispered(bot, await ada.run("about"))


async def test_what_the_options_suggest_is_translated(bot: Stage) -> None:
    chiyo = bot.chat.person("Chiyo", locale="ja")
    choices = await chiyo.autocomplete("stylize", "preset", "")
    assert choices[0] == {"name": "下書き：手早く確認", "value": "draft"}
    assert [c["value"] for c in await chiyo.autocomplete("stylize", "preset", "draft")] == ["draft"]


def nodes(command: Json) -> Iterator[Json]:
    """A command, its groups, subcommands and options."""
    yield command
    for option in command.get("options") or []:
        yield from nodes(option)


async def test_every_name_and_description_fits_in_every_language(bot: Stage) -> None:
    registered = [command.payload for command in bot.chat.world.commands[None].values()]
    assert {"stylize", "queue", "help", "about", "privacy"} <= {c["name"] for c in registered}
    for command in registered:
        is_menu = command.get("type", 1) != 1
        for node in nodes(command):
            names = {**(node.get("name_localizations") or {}), "en-US": node["name"]}
            for locale, name in names.items():
                if is_menu:
                    assert 1 <= len(name) <= 32, (locale, name)
                else:
                    assert NAME.fullmatch(name), (locale, name)
                    assert name == name.lower(), (locale, name)
            for said in (node.get("description_localizations") or {}).values():
                assert 1 <= len(said) <= 100, said
            if node.get("description"):
                assert set(node["description_localizations"]) == set(LOCALES), node["description"]
            for locale in LOCALES:
                own = [o.get("name_localizations", {}).get(locale) or o["name"]
                       for o in node.get("options") or []]  # fmt: skip
                assert len(own) == len(set(own)), (locale, own)


async def test_help_about_and_privacy(bot: Stage) -> None:
    titles = {
        "help": "How it works",
        "about": "About this bot",
        "privacy": "What is kept, and how long",
    }
    said: dict[str, str] = {}
    for locale in ("en-US", "sv-SE", *LOCALES):
        ada, words = bot.chat.person("Ada", MANAGER, locale=locale), words_for(locale)
        for command, title in titles.items():
            said[command] = whispered(bot, await ada.run(command))
            assert said[command].startswith(f"### {words(title)}\n")
            assert len(said[command]) <= 4000
        for each in bot.chat.world.commands[None].values():
            if each.payload.get("type", 1) == 1:
                assert f"</{each.payload['name']}" in said["help"]
        assert "\n…" not in said["help"], "every command is listed"
        for days in (bot.settings.retention_days, bot.settings.history_days):
            assert words.plural("{n} day", "{n} days", days) in said["privacy"]
        assert "</my delete:" in said["privacy"]
        assert "VGG19" in said["about"]


async def test_help_lists_what_one_may_use_where_one_is(bot: Stage) -> None:
    bot.chat.add_guild("Elsewhere", ["lounge"], has_bot=False)
    bob = bot.chat.person("Bob")
    bob.install()
    for place in (None, bob.dm, bot.chat.world.channel_named("lounge").id):
        said = whispered(bot, await bob.run("help", channel=place))
        assert "</stylize:" in said
        assert "</settings" not in said


def whispered(bot: Stage, interaction: Interaction) -> str:
    """All that an answer's components say, which only that person sees."""
    message = bot.chat.world.message(interaction.response_message_id or 0)
    assert message.visible_to == interaction.user.id
    return "\n".join(texts(message_payload(bot.chat.world, message)["components"]))
