"""The real bot, used through the page of the local chat in a real chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from bot.local_chat import TOUR
from localchat import MANAGER_PERMISSIONS, ChatConfig
from tests.e2e.support import PHOTO, STYLE, Stage, buttons, title, until
from tests.localchat.browser import DESKTOP, PHONE, browser, chromium, page

CHROMIUM = chromium()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no chromium on the PATH and none named by CHROMIUM"
    ),
]


@pytest.fixture
def chat_config() -> ChatConfig:
    return TOUR


@pytest.fixture
async def bot(stage: Stage) -> AsyncIterator[Stage]:
    """Yield a bot in a chat of its own, which is set up for visitors."""
    async with stage.bot():
        yield stage


async def test_stylize_this_on_a_phone(bot: Stage) -> None:
    assert CHROMIUM is not None
    await bot.chat.person("Grace").say("my cat", [PHOTO])

    async with (
        browser(CHROMIUM) as running,
        page(running, bot.chat.page_url + "?as=Ada", size=PHONE, dark=True) as opened,
    ):
        await opened.get_by_role("button", name="Menu of Grace’s message").click()
        await opened.get_by_role("menuitem", name="Stylize this…").click()
        dialog = opened.get_by_role("dialog")
        await dialog.locator("input[type=file]").set_input_files(
            {"name": STYLE.filename, "mimeType": "image/png", "buffer": STYLE.data}
        )
        await dialog.get_by_role("button", name="Submit").click()
        await dialog.wait_for(state="hidden")
        await opened.get_by_role("heading", name="Your picture is ready").wait_for()

    cards = [each for each in bot.chat.all_messages() if each.is_v2]
    assert [title(bot.chat.message_json(card)) for card in cards] == ["Your picture is ready"]


async def become(opened: Page, *ticked: str, may: str = "member") -> None:
    """Fill in "Who you are"."""
    dialog = opened.get_by_role("dialog", name="Who you are")
    if not await dialog.is_visible():
        await opened.get_by_role("button", name="You are Ada").click()
    for label in ticked:
        await dialog.get_by_label(label).check()
    await dialog.get_by_label("What you may do").select_option(may)
    await dialog.get_by_role("button", name="Use").click()
    await dialog.wait_for(state="hidden")


async def test_where_the_bot_is_no_member_its_commands_come_along(bot: Stage) -> None:
    assert CHROMIUM is not None

    async with (
        browser(CHROMIUM) as running,
        page(running, bot.chat.page_url + "?as=Ada") as opened,
    ):
        await opened.get_by_role("button", name="#covers").click()
        await opened.get_by_text("Stylize is not a member here.").wait_for()
        await opened.get_by_role("button", name="Install it for me…").click()
        await become(opened, "App installed for me")
        await opened.get_by_role("heading", name="#covers").wait_for()  # open as before
        names = await opened.locator("#command option").all_inner_texts()
        for option, example in (("content", "Chelsea the cat"), ("style", "Night wind")):
            examples = opened.get_by_role("group", name=f"Examples for {option}", exact=True)
            await examples.get_by_role("button", name=example).click()
        await opened.get_by_role("button", name="Run").click()
        await opened.get_by_role("heading", name="Your picture is ready").wait_for()
        result = opened.locator(".message .gallery img").first
        await result.scroll_into_view_if_needed()
        await opened.wait_for_function("() => document.images[0].naturalWidth > 0")
        ephemeral = await opened.locator(".message.ephemeral").count()

    place = bot.chat.channel("covers")
    assert [title(each) for each in bot.chat.messages("covers")][:1] == ["Your picture is ready"]
    assert place.guild_id is not None
    assert "/stylize" in names
    assert "/settings show" not in names
    assert ephemeral == 0


async def test_examples_suit_the_command(bot: Stage) -> None:
    assert CHROMIUM is not None
    offered = {}

    async with (
        browser(CHROMIUM) as running,
        page(running, bot.chat.page_url + "?as=Ada") as opened,
    ):
        await opened.get_by_role("button", name="#life-drawing age-restricted").click()
        await opened.get_by_text("for adults · age-restricted").wait_for()
        for command, option in (("stylize", "content"), ("style add", "picture")):
            await opened.locator("#command").select_option(value=command)
            examples = opened.get_by_role("group", name=f"Examples for {option}").first
            first = examples.get_by_role("button").first
            offered[command] = await first.get_attribute("aria-label")
            assert await first.inner_text() == offered[command], "its name stands below it"
        await opened.locator("#command").select_option(value="stylize")
        await opened.get_by_role("spinbutton", name="strength").wait_for()
        number = opened.get_by_role("spinbutton", name="version")
        assert not await number.is_visible()
        await opened.get_by_text("More options").click()
        await number.wait_for()

    assert offered == {"stylize": "Chelsea the cat", "style add": "Night wind"}


async def test_limits_by_role(bot: Stage) -> None:
    """A manager lets a role have more than others, and gives it to herself."""
    assert CHROMIUM is not None
    await bot.chat.person("Ada", MANAGER_PERMISSIONS).run("settings change", {"per_person": 1})
    bot.hold()

    async with (
        browser(CHROMIUM) as running,
        page(running, bot.chat.page_url + "?as=Ada") as opened,
    ):
        await become(opened, "Regular", may="manager")
        await opened.locator("#command").select_option(label="/settings role")
        await opened.get_by_label("role", exact=True).select_option(label="Regular")
        await opened.get_by_text("More options").click()
        await opened.get_by_role("spinbutton", name="pictures").fill("2")
        await opened.get_by_role("button", name="Run").click()
        await opened.get_by_text("@Regular: at most 2 at a time").wait_for()

    cards = [await bot.stylize(who) for who in ("Ada", "Ada", "Grace")]
    await until(lambda: all(buttons(card.now) for card in cards))
    refused = await bot.stylize("Grace", channel="gallery")
    assert "You already have as many pictures" in bot.answer_to(refused.interaction)


@pytest.mark.parametrize(
    ("size", "dark"),
    [
        pytest.param(DESKTOP, False, id="desktop, light"),
        pytest.param(DESKTOP, True, id="desktop, dark"),
        pytest.param(PHONE, True, id="phone, dark"),
    ],
)
async def test_nothing_stands_in_the_way_of_screen_readers(
    bot: Stage, size: tuple[int, int], *, dark: bool
) -> None:
    """Axe looks for missing names, roles that do not fit, poor contrast and the like."""
    assert CHROMIUM is not None
    ada = bot.chat.person("Ada", MANAGER_PERMISSIONS)
    card = await bot.stylize("Ada")
    await card.until("Your picture is ready")
    await ada.run("style list")
    await ada.run("settings show")
    await ada.say("look", [PHOTO])

    async def complaints(opened: Page) -> str:
        found = await Axe().run(opened)
        return "" if not found.violations_count else found.generate_report()

    async with (
        browser(CHROMIUM) as running,
        page(running, bot.chat.page_url + "?as=Ada", size=size, dark=dark) as opened,
    ):
        await opened.get_by_role("heading", name="Settings of this server").wait_for()
        assert not await complaints(opened), "the messages"
        if size == PHONE:
            await opened.get_by_role("button", name="/stylize", exact=True).click()
        await opened.locator("summary").last.click()
        assert not await complaints(opened), "the options"
        await opened.get_by_role("button", name="You are Ada").click()
        assert not await complaints(opened), "a dialog of the page"
        await opened.keyboard.press("Escape")
        await opened.get_by_role("button", name="Change the limits").click()
        await opened.get_by_role("dialog").get_by_role("button", name="Submit").wait_for()
        assert not await complaints(opened), "a form of the bot"
