"""Several styles, masks, shelf names, context menus: everything beside the plain `/stylize`."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import ExifTags, Image

from localchat import Upload
from tests.corpus.pictures import quadrants
from tests.e2e.playing import READY, fields_of, whispered
from tests.e2e.support import PHOTO, REFUSED, STYLE, Card, Stage, buttons, gallery, title, until

BOGUS = Upload("mask.png", b"not a picture at all", "image/png")


def halves(
    name: str,
    colour: tuple[int, int, int],
    size: tuple[int, int] = (80, 60),
    left: tuple[int, int, int] = (0, 0, 0),
) -> Upload:
    image = Image.new("RGB", size, left)
    image.paste(colour, (size[0] // 2, 0, *size))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return Upload(name, buffer.getvalue(), "image/png")


WHITE = halves("white.png", (255, 255, 255))
LONG = halves("long.png", (255, 255, 255), (900, 100))
ALL_WHITE = halves("all.png", (255, 255, 255), left=(255, 255, 255))
BLACK = halves("black.png", (0, 0, 0))
RED = halves("red.png", (200, 30, 30))


async def compose(stage: Stage, **given: Any) -> Card:
    """Fill in the form of /compose: photo, styles, named, weights, mask."""
    ada = stage.chat.person("Ada")
    opened = await ada.run("compose", {"size": 64, "strength": 60, "seed": 5})
    fields = dict(
        zip(("photo", "styles", "named", "weights", "mask"), fields_of(opened.modal), strict=True)
    )
    values = {fields[name]: value for name, value in ({"photo": [PHOTO]} | given).items()}
    return Card(stage, await ada.submit(opened, values))


async def test_three_styles_with_weights_and_a_mask(bot: Stage) -> None:
    card = await compose(
        bot, styles=[STYLE, RED], named=["Night wind"], weights="2; 1; 1,0", mask=[WHITE]
    )
    final = await card.until(READY)
    asked = bot.requests[-1]
    assert asked["styles"] == [2, 1, 1]
    assert asked["mask"]
    assert len(gallery(final)) == 6  # result, photo, three styles, mask
    recipe = await bot.chat.person("Ada").press(card.id, buttons(final)["More…"]["custom_id"])
    panel = Card(bot, recipe)
    told = await whispered(
        bot,
        await bot.chat.person("Ada").press(panel.id, buttons(panel.now)["Details"]["custom_id"]),
    )
    assert "waves.png (50%), red.png (25%)" in told["content"]
    assert "Night wind (25%)" in told["content"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"styles": [STYLE, RED], "weights": "1"}, "There are 2 styles but 1 weights"),
        ({"styles": [STYLE], "weights": "lots"}, "“lots” is not a weight"),
        ({"styles": [STYLE], "weights": "-1"}, "” is not a weight"),
        ({"styles": [STYLE, RED, WHITE], "named": ["Night wind"]}, "3 styles at most"),
        ({"styles": [STYLE], "mask": [BOGUS]}, "Your mask “mask.png” cannot be used."),
        ({"styles": [STYLE], "mask": [BLACK]}, "black everywhere"),
        ({"styles": [STYLE], "mask": [ALL_WHITE]}, "white everywhere"),
        ({"styles": [BLACK]}, "This style picture is blank"),
        (
            {"styles": [STYLE], "mask": [LONG]},
            "it has 900×100 px, the photo 160×120 px. Make the mask from a copy of the photo.",
        ),
        ({}, "Which style?"),
    ],
)
async def test_what_makes_no_sense_is_explained(
    bot: Stage, given: dict[str, Any], words: str
) -> None:
    card = await compose(bot, **given)
    await until(lambda: bool(card.now["content"]) or REFUSED in title(card.now))
    assert words in card.now["content"] + card.text
    assert bot.spool == []


@pytest.mark.parametrize("size", [(640, 480), (126, 90)])
async def test_a_mask_of_another_resolution_is_fine(bot: Stage, size: tuple[int, int]) -> None:
    card = await compose(bot, styles=[STYLE], mask=[halves("mask.png", (255, 255, 255), size)])
    await card.until(READY)


async def test_shapes_are_compared_as_they_are_seen(bot: Stage) -> None:
    """A phone stores an upright photo lying, and says so in its metadata."""
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    quadrants(size=(160, 120)).save(buffer, "JPEG", exif=exif)
    photo = Upload("upright.jpg", buffer.getvalue(), "image/jpeg")
    upright, lying = (halves("mask.png", (255, 255, 255), size) for size in ((60, 80), (80, 60)))
    refused = await compose(bot, photo=[photo], styles=[STYLE], mask=[lying])
    await refused.until("That did not work")
    assert "it has 80×60 px, the photo 120×160 px" in refused.text
    card = await compose(bot, photo=[photo], styles=[STYLE], mask=[upright])
    await card.until(READY)


async def test_a_style_of_the_shelf_by_name(bot: Stage) -> None:
    ada = bot.chat.person("Ada")
    suggested = await ada.autocomplete("stylize", "style_name", "night")
    assert [choice["value"] for choice in suggested] == ["Night wind"]
    card = Card(bot, await ada.run("stylize", {"content": PHOTO, "style_name": "night WIND"}))
    await card.until(READY)
    unknown = Card(bot, await ada.run("stylize", {"content": PHOTO, "style_name": "@everyone"}))
    await unknown.until("That did not work")
    assert "no such style" in unknown.text


async def test_stylize_this(bot: Stage) -> None:
    message = await bot.chat.person("Bob").say("look", [PHOTO])
    eve = bot.chat.person("Eve")
    form = await eve.use("Stylize this…", message)
    named, _upload, strength, colours = fields_of(form.modal)
    sent = await eve.submit(form, {named: ["Night wind"], strength: "80", colours: ["photo"]})
    card = Card(bot, sent)
    await card.until(READY)
    assert "strength 80 · 512 px · photo's colours" in card.text
    assert f"for <@{card.interaction.user.id}>" in card.text
    await eve.run("my settings", {"strength": 35})
    again = await eve.use("Stylize this…", card.id)  # the bot's own card: its result
    fields = fields_of(again.modal)
    assert again.modal is not None
    assert again.modal["components"][2]["component"]["value"] == "35", "as she usually has it"
    child = Card(bot, await eve.submit(again, {fields[0]: ["Cubist harbour"]}))
    await child.until(READY)
    assert f"Before: the photo “stylized-{card.job_id}" in gallery(child.now)[1]["description"]


async def test_a_message_without_a_picture(bot: Stage) -> None:
    for files in ([], [Upload("song.mp3", b"la", "audio/mpeg")]):
        message = await bot.chat.person("Bob").say("look", files)
        for menu in ("Stylize this…", "Use as style"):
            answer = await bot.chat.person("Eve").use(menu, message)
            assert "no picture in this message" in (await whispered(bot, answer))["content"]


async def test_use_as_style_and_add_it_to_the_shelf(stage: Stage) -> None:
    async with stage.bot():
        message = await stage.chat.person("Bob").say("", [RED])
        eve = stage.chat.person("Eve")
        told = await whispered(stage, await eve.use("Use as style", message))
        assert "“red.png” is your style now" in told["content"]
    async with stage.bot():
        card = Card(stage, await eve.run("stylize", {"content": PHOTO, "size": 64}))
        final = await card.until(READY)
        assert gallery(final)[2]["description"] == "Style: the picture “red.png”"
        form = await eve.press(int(told["id"]), buttons(told)["Add it to the shelf…"]["custom_id"])
        name, credit = fields_of(form.modal)
        said = await eve.submit(form, {name: "Brick", credit: "Bob"})
        assert (await whispered(stage, said))["content"] == "“Brick” is on the shelf."
        found = await eve.autocomplete("stylize", "style_name", "bri")
        assert [choice["value"] for choice in found] == ["Brick"]


async def test_direct_messages(bot: Stage) -> None:
    ada = bot.chat.person("Ada")
    sent = await ada.run("stylize", {"content": PHOTO, "style": STYLE, "size": 64}, channel=ada.dm)
    card = Card(bot, sent)
    await card.until(READY)
    more = Card(bot, await ada.press(card.id, buttons(card.now)["More style"]["custom_id"]))
    await more.until(READY)


async def test_installed_for_oneself_where_the_bot_is_not(bot: Stage) -> None:
    ada, bob = bot.chat.person("Ada"), bot.chat.person("Bob")
    ada.install()
    where = ada.dm_with(bob)
    sent = await ada.run("stylize", {"content": PHOTO, "style": STYLE, "size": 64}, channel=where)
    card = Card(bot, sent)
    await card.until(READY)
    await ada.press(card.id, buttons(card.now)["Photo's colours"]["custom_id"])
    await until(lambda: "Style's colours" in buttons(card.now))
