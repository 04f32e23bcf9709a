"""The page's own words: all of them in every language, chosen by the person or the browser."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp
import pytest

import localchat
from localchat import LocalChat, Upload
from localchat.words import CATALOGUES, locale_of
from tests.localchat.chat import PageEvents, page_state, png

HERE = Path(localchat.__file__).parent
SOURCES = {
    path: path.read_text("utf-8") for path in HERE.rglob("*") if path.suffix in {".js", ".py"}
}
HTML = (HERE / "page" / "index.html").read_text("utf-8")
CALL = r'\b(?:say|words|_line|_missing|InvalidInput)\(\s*(?:[\w.]+ \? )?"([^"]+)"(?: : "([^"]+)")?'
CONSTANT = r'^(?:const | +)?(?:[A-Z_]+|template)(?:: Final)? =\s*"([^"]*\{\w+\}[^"]*)"'
ATTRIBUTE = r'(?:aria-label|placeholder)="([^"]+)"'


def said() -> set[str]:
    """Return every sentence that the page's code says."""
    found = re.findall(r">\s*([^<>]+?)\s*<", re.sub(r"<noscript.*?</noscript>", "", HTML))
    found += re.findall(ATTRIBUTE, HTML)
    for text in SOURCES.values():
        found += [each for pair in re.findall(CALL, text) for each in pair]
        found += re.findall(CONSTANT, text, re.MULTILINE)
    found += ["The application did not respond"]
    return {each for each in found if re.search(r"[A-Za-z]", each)} - {"You"}


def test_every_sentence_is_translated_and_none_is_left_over() -> None:
    wanted = said()

    assert set(CATALOGUES) == {"de", "es", "fr", "ja", "pt"}
    for language, catalogue in CATALOGUES.items():
        assert wanted - set(catalogue) == set(), language
        assert set(catalogue) - wanted == set(), language


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_translations_have_the_same_placeholders(language: str) -> None:
    for template, text in CATALOGUES[language].items():
        names = [sorted(re.findall(r"\{(\w*)\}", each)) for each in (template, text)]
        assert names[0] == names[1], template


def test_french_addresses_people_as_bots_do_and_breaks_no_line_before_a_sign() -> None:
    formal = re.compile(r"(?i)\b(?:vous|votre|vos)\b|\b(?!chez|assez)\w+ez\b")
    for text in CATALOGUES["fr"].values():
        assert not formal.search(text), text
        assert not re.search(r"[^\xa0]:|[^\u202f][;!?]", text), text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("pt-BR", "pt-BR"),
        ("en", "en-US"),
        ("tlh, fr;q=0.5", "fr"),
        ("", None),
        ("*", None),
    ],
)
def test_what_a_browser_asks_for(asked: str, found: str | None) -> None:
    assert locale_of(asked) == found


async def test_who_is_new_has_the_language_of_the_browser(
    chat: LocalChat, session: aiohttp.ClientSession
) -> None:
    chat.person("Ada", locale="ja")
    header = {"Accept-Language": "fr-FR,fr;q=0.9"}
    locales = {}
    for name in ("Ada", "Grace", "Grace"):
        async with session.get(f"{chat.page_url}page/words?as={name}", headers=header) as answer:
            told = await answer.json()
            locales[name] = told["locale"], told["words"]["Run"]

    assert locales == {"Ada": ("ja", "実行"), "Grace": ("fr", "Lancer")}
    assert chat.person("Grace").user.locale == "fr"


async def test_what_the_server_says_is_in_the_viewers_language(
    chat: LocalChat, session: aiohttp.ClientSession
) -> None:
    chat.person("Ada", locale="de")
    picture = await chat.person("Grace").say("look", [Upload("a.png", png(), spoiler=True)])
    await chat.person("Grace").say("yes", reply_to=picture)
    state = await page_state(chat, session, "Ada")
    async with session.get(f"{chat.page_url}page/events?as=Ada") as response:
        events = PageEvents(response)
        shown = [(await events.next("message"))["html"] for _ in range(2)]
    refused = {"as": "Ada", "channel": str(chat.channel("general").id), "text": ""}
    origin = {"Origin": f"http://{chat.file_host}"}
    async with session.post(f"{chat.page_url}page/say", json=refused, headers=origin) as answer:
        said_no = await answer.json()

    assert state["places"][-1]["name"] == "Direktnachrichten"
    assert 'aria-label="a.png öffnen"' in shown[0]
    assert f'Antwort auf: <a href="#m{picture}">Nachricht von Grace</a>' in shown[1]
    assert said_no["error"] == "Die Nachricht ist leer."


async def test_a_refusal_is_a_sentence_of_its_language(
    chat: LocalChat, session: aiohttp.ClientSession
) -> None:
    chat.person("Ada", locale="ja")
    refused = {"as": "Ada", "channel": str(chat.channel("general").id), "text": ""}
    origin = {"Origin": f"http://{chat.file_host}"}
    async with session.post(f"{chat.page_url}page/say", json=refused, headers=origin) as answer:
        said_no = await answer.json()

    assert said_no["error"] == "メッセージが空です。"
