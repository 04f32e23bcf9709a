"""The page in a real chromium: keyboard, modals, context menus, dark, phone, names of controls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FileChooser, Page

from localchat import LocalChat, Upload
from tests.localchat.browser import PHONE, page
from tests.localchat.chat import CONVERT, Rest, png
from tests.localchat.test_modals import EVERYTHING

TAG = {
    "name": "tag",
    "name_localizations": {"de": "marke"},
    "description": "The shelf",
    "options": [
        {
            "type": 1,
            "name": "add",
            "description": "Add one",
            "options": [{"type": 3, "name": "name", "description": "Its name", "required": True}],
        },
        {"type": 1, "name": "list", "description": "Show all"},
    ],
}
INSIDE = "() => document.activeElement.matches('body, dialog, dialog *')"
MENUS = [{"type": 3, "name": "Convert this…"}, {"type": 2, "name": "Wave at"}]
CARD = {
    "flags": 32768,
    "components": [
        {"type": 10, "content": "### Working"},
        {"type": 12, "items": [{"media": {"url": "attachment://a.png"}, "description": "A cat"}]},
        {
            "type": 1,
            "components": [
                {"type": 2, "style": 1, "label": "Stop", "custom_id": "stop"},
                {"type": 2, "style": 5, "label": "Help", "url": "https://example.org"},
                {"type": 2, "style": 2, "label": "Gone", "custom_id": "gone", "disabled": True},
            ],
        },
        {"type": 1, "components": [{"type": 5, "custom_id": "who", "placeholder": "Whom?"}]},
        {"type": 14},
        {"type": 13, "file": {"url": "attachment://a.png"}},
    ],
}


@pytest_asyncio.fixture(loop_scope="session")
async def bot(chat: LocalChat, rest: Rest) -> AsyncIterator[list[dict[str, Any]]]:
    """Answers every interaction over REST; the list holds what it was told."""
    path = f"/applications/{chat.application_id}/commands"
    await rest("PUT", path, [CONVERT, TAG, *MENUS])
    seen: list[dict[str, Any]] = []
    task = asyncio.create_task(_answer(chat, rest, seen))
    yield seen
    task.cancel()


async def _answer(chat: LocalChat, rest: Rest, seen: list[dict[str, Any]]) -> None:
    answered: set[int] = set()
    while True:
        for interaction in chat.interactions:
            if interaction.id in answered:
                continue
            answered.add(interaction.id)
            seen.append(interaction.data)
            callback = f"/interactions/{interaction.id}/{interaction.token}/callback"
            if interaction.data.get("type") == 3:
                await rest("POST", callback, EVERYTHING, token="")
            elif "component_type" in interaction.data:
                note = {"type": 4, "data": {"content": "pressed", "flags": 64}}
                await rest("POST", callback, note, token="")
            else:
                answer = {"type": 4, "data": CARD}
                await rest("POST", callback, answer, files=(("a.png", png()),), token="")
        await asyncio.sleep(0.02)


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "picture.png", tmp_path / "template.png"]
    for path in paths:
        path.write_bytes(png(40, 30))
    return paths


async def tab_to(opened: Page, selector: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(60):
        await opened.keyboard.press("Tab")
        if await opened.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"Tab never reaches {selector}")


async def test_a_command_with_two_files_by_keyboard_only(
    chat: LocalChat, bot: list[dict[str, Any]], running: Browser, pictures: list[Path]
) -> None:
    async with page(running, chat.page_url) as opened:
        choosing: asyncio.Queue[FileChooser] = asyncio.Queue()
        opened.on("filechooser", choosing.put_nowait)
        await opened.get_by_role("heading", name="/convert").wait_for()
        for option, picture in zip(("source", "template"), pictures, strict=True):
            await tab_to(opened, f'input[type=file][aria-label^="{option}"]')
            await opened.keyboard.press("Enter")
            await (await asyncio.wait_for(choosing.get(), 10)).set_files(picture)
        await tab_to(opened, ".go .button")
        await opened.keyboard.press("Enter")

        await opened.get_by_text("used /convert").wait_for()
        await tab_to(opened, "[data-press=stop]")
        await opened.keyboard.press("Enter")
        await opened.get_by_text("Only you can see this message.").wait_for()

    files = bot[0]["resolved"]["attachments"].values()
    assert [file["filename"] for file in files] == ["picture.png", "template.png"]
    assert bot[1]["custom_id"] == "stop"


async def test_a_context_menu_opens_a_modal_which_is_submitted(
    chat: LocalChat, bot: list[dict[str, Any]], running: Browser, pictures: list[Path]
) -> None:
    await chat.person("Ada").say("look", [Upload("picture.png", png())])
    async with page(running, chat.page_url + "?as=Ada") as opened:
        await opened.get_by_text("look").click(button="right")
        menu = opened.get_by_role("menu")
        items = await menu.get_by_role("menuitem").all_inner_texts()
        await menu.press("Escape")
        more = opened.get_by_role("button", name="Menu of Ada’s message")
        await more.focus()
        await opened.keyboard.press("ContextMenu")  # the menu key
        await opened.keyboard.press("ArrowUp")
        last = await opened.evaluate("() => document.activeElement.textContent")
        await opened.keyboard.press("Escape")
        await opened.keyboard.press("Enter")  # back on the button
        await opened.keyboard.press("Enter")

        dialog = opened.get_by_role("dialog", name="Mix")
        await dialog.wait_for()
        first = dialog.get_by_role("textbox")
        assert await first.input_value() == "before"
        await first.fill("hello")
        await dialog.get_by_role("checkbox", name="Option 2").first.check()
        await dialog.locator("input[type=file]").set_input_files(pictures)
        for _ in range(20):  # focus stays within
            await opened.keyboard.press("Tab")
            assert await opened.evaluate(INSIDE)
        await dialog.get_by_role("radio", name="Option 1").check()
        await dialog.get_by_role("button", name="Submit").click()
        await dialog.wait_for(state="hidden")

    assert last == "Delete message"
    assert items == [
        *("Convert this…", "Wave at (Ada)"),
        *("Forward…", "Save as a page", "Delete message"),
    ]
    inner = [part["component"] for part in bot[1]["components"]]
    assert inner[0]["value"] == "hello"
    assert inner[1]["values"] == ["o2"]
    assert len(inner[2]["values"]) == 2
    assert inner[3]["value"] == "o1"


async def test_subcommands_places_and_languages(
    chat: LocalChat, bot: list[dict[str, Any]], running: Browser
) -> None:
    chat.add_guild("Studio", ["easel"])
    async with page(running, chat.page_url) as opened:
        await opened.get_by_role("button", name="You are You").click()
        dialog = opened.get_by_role("dialog", name="Who you are")
        await dialog.get_by_label("Name").fill("Grete")
        await dialog.get_by_label("Language").select_option("de")
        await dialog.get_by_label("What you may do").select_option("moderator")
        await dialog.get_by_role("button", name="Use").click()
        await opened.get_by_role("button", name="Du bist Grete").wait_for()
        assert await opened.title() == "Lokaler Chat"
        await opened.get_by_role("button", name="easel").click()
        await opened.get_by_role("button", name="/marke add").click()
        await opened.get_by_role("textbox", name="name").fill("waves")
        await opened.get_by_role("button", name="Ausführen").click()
        await opened.get_by_text("hat /tag add benutzt").wait_for()
        await opened.get_by_role("textbox", name="Nachricht").fill("hello all")
        await opened.keyboard.press("Enter")
        await opened.get_by_text("hello all").wait_for()
        await opened.get_by_role("button", name="@Bot").click()
        await opened.get_by_text("hello all").wait_for(state="hidden")

    assert chat.person("Grete").user.locale == "de"
    assert bot[0]["options"][0]["name"] == "add"
    assert [message["content"] for message in chat.messages("easel")] == ["", "hello all"]


async def test_dark_and_phone(chat: LocalChat, bot: list[dict[str, Any]], running: Browser) -> None:
    background = "() => getComputedStyle(document.body).backgroundColor"
    overflow = "() => document.documentElement.scrollWidth > innerWidth"
    picture = Upload("a.png", png())
    await chat.person("Ada").run("convert", {"source": picture, "template": picture})
    async with page(running, chat.page_url) as light:
        bright = await light.evaluate(background)
    async with page(running, chat.page_url, size=PHONE, dark=True) as phone:
        dark = await phone.evaluate(background)
        too_wide = await phone.evaluate(overflow)
        await phone.get_by_label("Channel", exact=True).select_option(label="#random")
        await phone.get_by_text("Run a command").wait_for()
        await phone.get_by_label("Channel", exact=True).select_option(label="#general")
        await phone.get_by_role("button", name="Stop").click()
        await phone.get_by_text("Only you can see this message.").wait_for()

    assert (bright, dark) == ("rgb(245, 240, 230)", "rgb(21, 18, 15)")
    assert not too_wide


UNNAMED = """() => {
  const kinds = "button, a[href], input, select, textarea, dialog, [role=menu], [role=log]";
  const texts = (node) => [
    ...["aria-label", "aria-labelledby", "title", "alt"].map((name) => node.getAttribute(name)),
    ...[node, ...(node.labels ?? [])].map(({ textContent }) => textContent.trim()),
  ];
  const bad = [...document.querySelectorAll(kinds)].filter((node) => !texts(node).some(Boolean));
  const pictures = [...document.querySelectorAll("img:not([alt])")];
  const all = [...document.querySelectorAll("*")];
  const ids = all.map(({ id }) => id).filter(Boolean);
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
  const references = ["aria-labelledby", "aria-describedby", "for"];
  const dangling = all.flatMap((node) => references.map((name) => node.getAttribute(name)))
    .filter((id) => id && !document.getElementById(id));
  return [...bad, ...pictures].map((node) => node.outerHTML.slice(0, 120)).concat(twice, dangling);
}"""
"""Controls without a name, pictures without alt text, ids that occur twice or refer to nothing."""


async def test_everything_has_a_name(
    chat: LocalChat, bot: list[dict[str, Any]], running: Browser
) -> None:
    picture = Upload("a.png", png())
    ada = chat.person("Ada")
    await ada.run("convert", {"source": picture, "template": picture})
    said = await ada.say("look", [picture])
    async with page(running, chat.page_url + "?as=Ada") as opened:
        await opened.get_by_text("look").wait_for()
        names = await opened.evaluate(UNNAMED)
        landmarks = [
            await opened.get_by_role(role).count()
            for role in ("main", "navigation", "complementary", "log", "banner")
        ]
        await opened.locator(f"#m{said} .more").click()
        await opened.get_by_role("menuitem", name="Convert this…").click()
        await opened.get_by_role("dialog", name="Mix").wait_for()
        in_modal = await opened.evaluate(UNNAMED)

    # The dialog of the modal is named by its title, which is there only while it is open.
    assert [problem for problem in names if problem != "modal-title"] == []
    assert in_modal == []
    assert landmarks == [1, 1, 1, 1, 1]
