"""Everybody reads their own language; what the bot does not speak is answered in English."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Final

from backend.i18n import words_for
from localchat import MEMBER_PERMISSIONS, Interaction, Permission, Upload
from tests.e2e.conftest import Expected
from tests.e2e.support import (
    PHOTO,
    REFUSED,
    STYLE,
    Card,
    Json,
    Option,
    Stage,
    buttons,
    gallery,
    texts,
    title,
    until,
)

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
    assert "Standard · Stärke 50 · 64 px" in german.text
    assert "標準 · 強さ 50 · 64 px" in japanese.text
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
    told = await bot.press(card, "Abbrechen", "Berta")
    assert told == "Abgebrochen. Auf der Karte kannst du es noch einmal malen lassen oder löschen."
    await card.until("Abgebrochen")


async def test_a_refusal_is_translated_down_to_its_reason(bot: Stage) -> None:
    bot.chat.person("Benoît", locale="fr")
    card = await bot.stylize("Benoît", content=EMPTY)
    await card.until("Ça n'a pas marché")
    said = card.text.replace("\xa0", " ")
    assert "Ta photo « leer.png » n'est pas utilisable. Ce fichier est vide (0 octet)." in said


async def test_a_refusal_is_in_the_language_of_who_alone_sees_it(bot: Stage) -> None:
    mo = bot.chat.person("Mo", MANAGER)
    panel = Card(bot, await mo.run("settings show"))
    await mo.press(panel.id, "set-language", ("es",))
    card = await bot.stylize("Ada", content=EMPTY)
    assert title(card.states[0]) == "Revisando tus imágenes"
    await card.until(REFUSED)


async def test_an_unforeseen_option_is_refused_in_spanish(bot: Stage) -> None:
    ana = bot.chat.person("Ana", locale="es-419")
    given: dict[str, Option] = {"content": PHOTO, "style": STYLE, "size": 4096}
    asked = await ana.run("stylize", given)
    await until(lambda: bool(bot.answer_to(asked)))
    assert bot.answer_to(asked) == "4096 px es demasiado aquí: elige un tamaño de 1024 como máximo."


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


async def test_choices_are_shown_in_ones_own_language(bot: Stage) -> None:
    berta = bot.chat.person("Berta", locale="de")
    card = await bot.stylize("Berta", preset="draft", colours="photo")
    await card.until("Dein Bild ist fertig")
    assert "Entwurf · Stärke 50 · 64 px · Farben des Fotos" in card.text
    assert "Voreinstellung: Entwurf" in bot.answer_to(
        await berta.run("my settings", {"preset": "draft"})
    )


async def test_the_settings_of_a_server_are_shown_in_the_readers_language(bot: Stage) -> None:
    manager = MEMBER_PERMISSIONS | Permission.MANAGE_GUILD
    benoit = bot.chat.person("Benoît", manager, locale="fr")
    panel = Card(bot, await benoit.run("settings show"))
    assert "Spoiler par défaut : non" in {name.replace("\xa0", " ") for name in buttons(panel.now)}
    labels = {option["label"] for each in nodes_of(panel.now) for option in each.get("options", [])}
    assert {"brouillon", "standard", "Celle de chacun"} <= labels
    assert not {"draft", "fine", "reference"} & labels


async def test_a_private_card_is_its_requesters_and_a_shared_one_the_servers(bot: Stage) -> None:
    manager = MEMBER_PERMISSIONS | Permission.MANAGE_GUILD
    await bot.chat.person("Mo", manager).run("settings change", {"language": "de"})
    bot.chat.person("Benoît", locale="fr")
    card = await bot.stylize("Benoît", private=True)
    await card.until("Ton image est prête")
    shared = Card(bot, await bot.chat.person("Benoît").press(card.id, custom_id(card, "Partager")))
    await shared.until("Dein Bild ist fertig")
    switched = custom_id(shared, "Farben des Fotos")
    await bot.chat.person("Benoît").press(shared.id, switched)
    await until(lambda: "Farben des Fotos" in shared.text)
    assert "Dein Bild ist fertig" in shared.text


def custom_id(card: Card, label: str) -> str:
    return str(buttons(card.now)[label]["custom_id"])


def nodes_of(message: Json) -> Iterator[Json]:
    """Every component of a message."""
    for component in message.get("components", []):
        yield component
        yield from nodes_of(component)


def nodes(command: Json) -> Iterator[Json]:
    """Yield a command, its groups, subcommands and options."""
    yield command
    for option in command.get("options") or []:
        yield from nodes(option)


async def test_every_name_and_description_fits_in_every_language(bot: Stage) -> None:
    registered = bot.chat.commands()
    assert {"stylize", "queue", "help", "about", "privacy"} <= {c["name"] for c in registered}
    for locale in ("en-US", *LOCALES):
        check_distinct(registered, locale)
    for command in registered:
        assert sum(most_characters(node) for node in nodes(command)) <= 8000, command["name"]
        for node in nodes(command):
            check_node(node, is_menu=command.get("type", 1) != 1)


def check_node(node: Json, *, is_menu: bool) -> None:
    """Names, descriptions and choices of a command, a group, a subcommand or an option."""
    for name in said_in_all(node, "name"):
        assert 1 <= len(name) <= 32, name
        assert is_menu or (NAME.fullmatch(name) and name == name.lower()), name
    if node.get("description"):
        assert set(node["description_localizations"]) == set(LOCALES), node["description"]
        assert all(1 <= len(said) <= 100 for said in said_in_all(node, "description")), node
    choices = node.get("choices") or []
    for choice in choices:
        assert all(1 <= len(said) <= 100 for said in said_in_all(choice, "name")), choice
    for locale in LOCALES:
        check_distinct(node.get("options") or [], locale)
        check_distinct(choices, locale)


def check_distinct(nodes: list[Json], locale: str) -> None:
    """Two commands, options or choices of one name could not be told apart."""
    names = [(node.get("name_localizations") or {}).get(locale) or node["name"] for node in nodes]
    assert len(names) == len(set(names)), (locale, names)


def said_in_all(node: Json, key: str) -> list[str]:
    return [node.get(key) or "", *(node.get(f"{key}_localizations") or {}).values()]


def most_characters(node: Json) -> int:
    """Return what counts towards a command's 8000 characters: the longest language of each text.

    https://discord.com/developers/docs/interactions/application-commands#slash-commands
    """
    own = sum(max(map(len, said_in_all(node, key))) for key in ("name", "description"))
    choices = node.get("choices") or []
    return own + sum(most_characters(each) + len(str(each["value"])) for each in choices)


async def test_what_is_suggested_fits_in_every_language(bot: Stage) -> None:
    for locale in ("en-US", *LOCALES):
        ada = bot.chat.person("Ada", locale=locale)
        names = [choice["name"] for choice in await ada.autocomplete("stylize", "size", "")]
        assert len(names) == len(set(names)) >= 3, (locale, names)
        assert all(1 <= len(name) <= 100 for name in names)


async def test_help_about_and_privacy(bot: Stage) -> None:
    titles = {
        "help": "How it works",
        "about": "About this bot",
        "privacy": "What is kept, and how long",
    }
    said: dict[str, str] = {}
    for locale in ("en-US", "sv-SE", *LOCALES):
        ada, words = bot.chat.person("Ada", MANAGER, locale=locale), words_for(locale)
        for command, first in titles.items():
            said[command] = whispered(bot, await ada.run(command))
            assert said[command].startswith(f"### {words(first)}\n")
            assert len(said[command]) <= 4000
        help_ = Card(bot, await ada.run("help"))
        listed = ""
        for page in ("commands", "moderation", "menus", "buttons"):
            await ada.press(help_.id, f"help-{page}")
            listed += help_.text
            await ada.press(help_.id, "help-start")
        for each in bot.chat.commands():
            if each.get("type", 1) == 1:
                assert f"</{each['name']}" in listed
        assert "\n…" not in listed, "every command is listed"
        for days in (bot.settings.retention_days, bot.settings.history_days):
            assert words.plural("{n} day", "{n} days", days) in said["privacy"]
        assert "</my delete:" in said["privacy"]
        assert "VGG19" in said["about"]


async def test_help_lists_what_one_may_use_where_one_is(bot: Stage) -> None:
    bot.chat.add_guild("Elsewhere", ["lounge"], has_bot=False)
    bob = bot.chat.person("Bob")
    bob.install()
    for place in (None, bob.dm, bot.chat.channel("lounge").id):
        card = Card(bot, await bob.run("help", channel=place))
        assert "</stylize:" in card.text
        assert gallery(card.now)[0]["description"].startswith("An example: ")
        assert "For moderators" not in buttons(card.now)
        await bob.press(card.id, "help-commands")
        assert "</my pictures:" in card.text
        assert "</settings" not in card.text
        assert "</style takedown" not in card.text


def whispered(bot: Stage, interaction: Interaction) -> str:
    """All that an answer's components say, which only that person sees."""
    message = bot.chat.message(interaction.response_message_id or 0)
    assert message.visible_to == interaction.user.id
    return "\n".join(texts(bot.chat.message_json(message)["components"]))
