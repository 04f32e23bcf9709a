"""Another style on the photo of a card, and the style of a card on another photo."""

from __future__ import annotations

from typing import Any, Final

import pytest

from localchat import MEMBER_PERMISSIONS, Permission, Upload
from tests.corpus.pictures import encoded, quadrants
from tests.e2e.moving import moving
from tests.e2e.playing import READY, act, whispered
from tests.e2e.support import PHOTO, STYLE, Card, Json, Stage, buttons, gallery, texts, until
from tests.e2e.test_forms import fill_in
from tests.e2e.test_shelf import WAVE
from tests.e2e.test_strange_words import rename

TREE = Upload("tree.jpg", encoded(quadrants(size=(120, 120)), "JPEG"), "image/jpeg")
WAITING: Final = "Waiting"
FAILED: Final = "could not be painted"
MODERATOR: Final = MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES
SAND = Upload("sand.png", encoded(quadrants(size=(80, 64)), "PNG"), "image/png")


async def ready(stage: Stage, card: Card) -> Json:
    """Wait for a card's picture; return what the painter was asked for."""
    await card.until(READY)
    return next(asked for asked in stage.requests if asked["job"] == card.job_id)


async def opened(stage: Stage, card: Card, label: str, who: str = "Ada") -> Card:
    """Press a button of a card; return the panel that opens."""
    panel = await act(stage, card, label, who)
    await until(lambda: bool(panel.states) and bool(panel.now["components"]))
    return panel


def select_of(panel: Card) -> Json:
    rows = [row["components"] for row in panel.now["components"] if row["type"] == 1]
    return next(part for row in rows for part in row if part["type"] == 3)


async def test_another_style_in_two_presses(bot: Stage) -> None:
    card = await bot.stylize("Ada", strength=70, seed=7)
    await ready(bot, card)
    panel = await opened(bot, card, "Another style…", "Eve")
    shown = list(buttons(panel.now))
    assert shown[0] == "1 · Night wind"
    assert gallery(panel.now)[0]["description"] == "Night wind"
    other = await act(bot, panel, "2 · Stained glass", "Eve")
    asked = await ready(bot, other)
    assert (asked["photo"], asked["style_names"]) == ("cat.jpg", ["Stained glass"])
    assert (asked["strength"], asked["start_from"]) == (70, None)
    assert f"<@{other.interaction.user.id}>" in other.text

    pressed = await bot.chat.person("Eve").press(panel.id, buttons(panel.now)["Next"]["custom_id"])
    assert pressed.response_message_id == panel.id
    await until(lambda: "1 · Night wind" not in buttons(panel.now))
    assert "1 · Gold on black" in buttons(panel.now)
    assert "Stained glass" in [option["value"] for option in select_of(panel)["options"]]
    named = await bot.chat.person("Eve").press(
        panel.id, select_of(panel)["custom_id"], ["Pencil valley"]
    )
    assert (await ready(bot, Card(bot, named)))["style_names"] == ["Pencil valley"]


async def test_ones_own_styles_and_photos(bot: Stage) -> None:
    first = await bot.stylize("Ada", content=TREE, style=SAND, private=True)
    await ready(bot, first)
    card = await bot.stylize("Ada")
    await ready(bot, card)

    panel = await opened(bot, card, "Another style…")
    assert "Your last styles" in "\n".join(texts(panel.now["components"]))
    other = await act(bot, panel, "7 · sand.png")
    assert (await ready(bot, other))["style_names"] == ["sand.png"]
    # What only Ada has seen stays hers.
    assert bot.chat.message(other.id).visible_to == other.interaction.user.id

    panel = await opened(bot, card, "Use this style…")
    assert buttons(panel.now)["The style picture"]["disabled"]
    other = await act(bot, panel, "1 · tree.jpg")
    asked = await ready(bot, other)
    assert (asked["photo"], asked["style_names"]) == ("tree.jpg", ["waves.png"])

    await act(bot, panel, "The painted picture")
    await until(lambda: bool(buttons(panel.now)["The painted picture"]["disabled"]))
    other = await act(bot, panel, "1 · tree.jpg")
    asked = await ready(bot, other)
    assert asked["photo"] == "tree.jpg"
    assert asked["style_names"] == [f"stylized-{card.job_id}.png"]


async def test_uploads_of_somebody_without_pictures(bot: Stage) -> None:
    card = await bot.stylize("Ada")
    await ready(bot, card)
    panel = await opened(bot, card, "Another style…", "Eve")
    assert "Your last styles" not in "\n".join(texts(panel.now["components"]))
    form = await act(bot, panel, "Upload a style…", "Eve")
    sent = await fill_in(bot, form.interaction, {"upload": [SAND]}, "Eve")
    asked = await ready(bot, Card(bot, sent))
    assert (asked["photo"], asked["style_names"]) == ("cat.jpg", ["sand.png"])

    form = await act(bot, card, "Use this style…", "Bob")  # who has no photos to choose from
    values: dict[str, Any] = {"photo": [TREE]}
    asked = await ready(bot, Card(bot, await fill_in(bot, form.interaction, values, "Bob")))
    assert (asked["photo"], asked["style_names"]) == ("tree.jpg", ["waves.png"])
    sent = await fill_in(bot, form.interaction, {"photo": [TREE], "look": ["result"]}, "Bob")
    asked = await ready(bot, Card(bot, sent))
    assert asked["style_names"] == [f"stylized-{card.job_id}.png"]


async def test_what_does_not_go_together_is_said_to_who_asked(bot: Stage) -> None:
    card = await bot.stylize("Ada")
    await ready(bot, card)
    form = await act(bot, card, "Use this style…", "Eve")
    same = await fill_in(bot, form.interaction, {"photo": [STYLE]}, "Eve")
    refused = Card(bot, same)
    await refused.until("That did not work")
    assert "same file" in refused.text
    form = await act(
        bot, await opened(bot, card, "Another style…", "Eve"), "Upload a style…", "Eve"
    )
    again = Card(bot, await fill_in(bot, form.interaction, {"upload": [PHOTO]}, "Eve"))
    await again.until("That did not work")

    bot.hold()
    panel = await opened(bot, card, "Another style…", "Eve")
    await act(bot, panel, "1 · Night wind", "Eve")
    told = await whispered(bot, (await act(bot, panel, "1 · Night wind", "Eve")).interaction)
    assert "on its way already" in told["content"]
    bot.release()


async def without_a_picture(stage: Stage, title: str) -> Card:
    """Return a card of Ada's with this title; nothing is painted until the stage is released."""
    stage.hold()
    if title in {WAITING, FAILED}:
        await (await stage.stylize("Bob", channel="gallery")).until("Painting")
    card = await stage.stylize("Ada", style=WAVE, strength=70)
    await card.until(WAITING if title == FAILED else "Painting" if title == "Cancelled" else title)
    if title == FAILED:
        await stage.chat.person("Mo", MODERATOR).run("style takedown", {"picture": WAVE})
    elif title == "Cancelled":
        await stage.press(card, "Cancel")
    await card.until(title)
    return card


@pytest.mark.parametrize("title", [WAITING, "Painting", FAILED, "Cancelled"])
async def test_from_a_card_without_a_picture(bot: Stage, title: str) -> None:
    """From what was cancelled only who asked for it goes on: maybe it was the wrong photo."""
    card, who = await without_a_picture(bot, title), "Ada" if title == "Cancelled" else "Eve"
    panel = await opened(bot, card, "Another style…", who)
    other = await act(bot, panel, "2 · Stained glass", who)
    form = await act(bot, card, "Use this style…", who)
    assert form.interaction.modal
    looks = form.interaction.modal["components"][1]["component"]["options"]
    assert [look["value"] for look in looks] == ["style"]
    sent = await fill_in(bot, form.interaction, {"photo": [TREE]}, who)
    if title == FAILED:
        assert "was taken down here" in (await whispered(bot, sent))["content"]
    bot.release()
    asked = await ready(bot, other)
    assert (asked["photo"], asked["style_names"]) == ("cat.jpg", ["Stained glass"])
    assert asked["strength"] == 70
    if title != FAILED:
        asked = await ready(bot, Card(bot, sent))
        assert (asked["photo"], asked["style_names"]) == ("tree.jpg", ["wave.jpg"])


async def test_from_a_film_and_from_several_versions(bot: Stage) -> None:
    film = await bot.stylize("Ada", Upload("cat.gif", moving(), "image/gif"))
    await film.until("Your film is ready")
    several = await bot.stylize("Ada", takes=2)
    await several.until("Which one do you like?")
    for card, title in ((film, "Your film is ready"), (several, "Which one do you like?")):
        panel = await opened(bot, card, "Another style…")
        other = await act(bot, panel, "2 · Stained glass")
        await other.until(title)
        who = "Eve" if card is film else "Bob"  # neither has a photo yet
        form = await act(bot, card, "Use this style…", who)
        again = Card(bot, await fill_in(bot, form.interaction, {"photo": [TREE]}, who))
        await again.until(READY if card is film else title)
        assert any("“Stained glass”" in each["description"] for each in gallery(other.now))


async def test_what_a_card_does_not_have_is_no_style(bot: Stage) -> None:
    """Nobody is shown such a button, but anybody can say that they pressed it."""
    first = await bot.stylize("Eve", content=TREE)
    await ready(bot, first)
    card = await without_a_picture(bot, "Painting")
    panel = await opened(bot, card, "Use this style…", "Eve")
    own = buttons(panel.now)["1 · tree.jpg"]["custom_id"]
    forged = own.replace(":style:", ":result:")
    rename(bot.chat.message(panel.id).components, own, forged)
    said = await bot.press_id(panel, forged, "Eve")
    assert said == "There is no finished picture here."
