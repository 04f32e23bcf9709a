"""Pictures wherever a message has them, which one of several, and spoilers that stay spoilers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from localchat import Interaction, StickerFormat, Upload
from tests.corpus.good import good
from tests.e2e.playing import READY, act, from_menu, whispered
from tests.e2e.support import PHOTO, STYLE, Card, Json, Stage, buttons, gallery, until
from tests.e2e.test_composing import RED, compose
from tests.e2e.test_forms import done, fill_in

CAT = "https://example.org/a/cat.png?size=9"
HEIC = next(each for each in good() if each.name == "phone.heic").data
HIDDEN = {
    "flag": Upload("cat.png", PHOTO.data, spoiler=True),
    "name": Upload("SPOILER_cat.png", PHOTO.data),
}

Say = Callable[[Stage], Awaitable[int]]


def from_bot(*components: Json, files: tuple[Upload, ...] = (PHOTO,)) -> Say:
    async def say(stage: Stage) -> int:
        return await stage.chat.other_bot("Collage").say(files=files, components=components)

    return say


async def unnamed(stage: Stage) -> int:
    """Discord takes what it does not know by its name for `application/octet-stream`."""
    return await stage.chat.person("Bob").say("", [Upload("IMG_1234", HEIC, "image/heic")])


async def embedded(stage: Stage, said: str = CAT) -> int:
    stage.chat.add_external_picture(CAT, PHOTO.data)
    embeds = [{"type": "image", "url": CAT, "thumbnail": {"url": CAT}}]
    return await stage.chat.person("Bob").say(said, embeds=embeds)


async def sticker(stage: Stage, kind: StickerFormat = StickerFormat.APNG) -> int:
    found = stage.chat.add_sticker("wave", kind, PHOTO.data)
    return await stage.chat.person("Bob").say(stickers=[found])


async def forwarded(stage: Stage) -> int:
    return await stage.chat.person("Bob").forward(await embedded(stage), "gallery")


MEDIA: Json = {"url": f"attachment://{PHOTO.filename}"}
THUMBNAIL: Json = {"type": 11, "media": MEDIA}
SECTION: Json = {
    "type": 9,
    "components": [{"type": 10, "content": "hello"}],
    "accessory": THUMBNAIL,
}
GALLERY: Json = {"type": 12, "items": [{"media": MEDIA}]}
FILE: Json = {"type": 13, "file": MEDIA}
SOURCES: dict[str, Say] = {
    "unnamed": unnamed,
    "embed": embedded,
    "sticker": sticker,
    "forward": forwarded,
    "gallery": from_bot({"type": 17, "components": [GALLERY]}),
    "section": from_bot(SECTION),
    "file": from_bot(FILE),
}


async def stylized(stage: Stage, form: Interaction, **values: Any) -> Card:
    return Card(stage, await fill_in(stage, form, {"upload": [STYLE], **values}))


@pytest.mark.parametrize("source", SOURCES)
async def test_a_picture_is_found(bot: Stage, source: str) -> None:
    message = await SOURCES[source](bot)
    form = await bot.chat.person("Ada").use("Stylize this…", message)
    await (await stylized(bot, form)).until(READY)
    told = await whispered(bot, await bot.chat.person("Ada").use("Use as style", message))
    assert "is your style now" in told["content"]


async def test_a_drawing_that_moves_is_no_picture(bot: Stage) -> None:
    message = await sticker(bot, StickerFormat.LOTTIE)
    answer = await bot.chat.person("Ada").use("Use as style", message)
    assert "no picture in this message" in (await whispered(bot, answer))["content"]


async def test_pictures_of_other_sites_come_from_discord_only(bot: Stage) -> None:
    embeds = [{"type": "image", "url": CAT, "thumbnail": {"url": CAT}}]  # the proxy has it not
    message = await bot.chat.person("Bob").say(CAT, embeds=embeds)
    answer = await bot.chat.person("Ada").use("Use as style", message)
    assert "was removed" in (await whispered(bot, answer))["content"]


async def test_of_several_one_is_chosen(stage: Stage) -> None:
    files = [Upload("song.mp3", b"la"), RED, Upload("my_2nd_cat.jpg", PHOTO.data), STYLE]
    ada = stage.chat.person("Ada")
    async with stage.bot():
        message = await stage.chat.person("Bob").say("", files)
        asked = {
            menu: Card(stage, await ada.use(menu, message))
            for menu in ("Stylize this…", "Use as style")
        }
        for card in asked.values():
            assert stage.chat.message(card.id).visible_to == ada.user.id
            assert len(gallery(card.now)) == 3
            assert options(card.now)[1]["label"] == "2: my_2nd_cat.jpg"
    async with stage.bot():  # nothing of the question is lost
        form = await choose(stage, asked["Stylize this…"], "1")
        final = await (await stylized(stage, form)).until(READY)
        assert gallery(final)[1]["description"] == "Before: the photo “my_2nd_cat.jpg”"
        told = await whispered(stage, await choose(stage, asked["Use as style"], "2"))
        assert "“waves.png” is your style now" in told["content"]


async def test_the_pictures_of_a_card(bot: Stage) -> None:
    card = await done(bot)
    eve = bot.chat.person("Eve")
    for part, name in {"result": f"stylized-{card.job_id}", "photo": "cat.jpg"}.items():
        form = await eve.use("Stylize this…", card.id)
        values = {"upload": [RED], "picture": [part]}
        child = Card(bot, await fill_in(bot, form, values, "Eve"))
        final = await child.until(READY)
        assert gallery(final)[1]["description"].startswith(f"Before: the photo “{name}")
    asked = Card(bot, await eve.use("Use as style", card.id))
    assert [each["value"] for each in options(asked.now)] == ["result", "photo", "style1"]
    told = await whispered(bot, await choose(bot, asked, "style1", "Eve"))
    assert "“waves.png” is your style now" in told["content"]


async def test_what_an_old_card_shows_is_still_there(bot: Stage) -> None:
    """The bot forgets files after a while; Discord does not."""
    card = await done(bot)
    for name in bot.spool:
        (bot.settings.data_dir / "spool" / name).unlink()
    asked = Card(bot, await bot.chat.person("Ada").use("Stylize this…", card.id))
    form = await choose(bot, asked, "0")
    final = await (await stylized(bot, form)).until(READY)
    assert f"“stylized-{card.job_id}" in gallery(final)[1]["description"]


async def test_the_pictures_of_a_private_card_are_private(bot: Stage) -> None:
    card = await done(bot, private=True)
    form = await bot.chat.person("Ada").use("Stylize this…", card.id)
    child = await stylized(bot, form, picture=["photo"])
    await child.until(READY)
    assert bot.chat.message(child.id).visible_to == bot.chat.person("Ada").user.id
    more = await act(bot, child, "More style")
    await more.until(READY)
    assert bot.chat.message(more.id).visible_to == bot.chat.person("Ada").user.id


@pytest.mark.parametrize("mark", HIDDEN)
@pytest.mark.parametrize("what", ["content", "style"])
async def test_spoilers_of_a_command_stay_spoilers(bot: Stage, mark: str, what: str) -> None:
    given: dict[str, Any] = {what: HIDDEN[mark], **({"content": RED} if what == "style" else {})}
    card = await bot.stylize(**given)
    await card.until(READY)
    more = await act(bot, card, "More style")
    await more.until(READY)
    assert all_hidden(card)
    assert all_hidden(more)
    posted = await from_menu(bot, card, "Before and after")
    await until(lambda: bool(bot.chat.message(posted.response_message_id).attachments))
    (sheet,) = bot.chat.message_json(bot.chat.message(posted.response_message_id))["attachments"]
    assert sheet["flags"] & 8


async def test_spoilers_stay_hidden_while_they_wait_and_are_painted(bot: Stage) -> None:
    bot.hold(silently=False)
    first = await bot.stylize("Ada", HIDDEN["flag"])
    await first.until("Painting")
    second = await bot.stylize("Bob", HIDDEN["flag"], channel="gallery")
    await second.until("Waiting")
    await until(lambda: bool(first.previews))
    bot.release()
    await second.until(READY)
    assert all_hidden(first)
    assert all_hidden(second)


async def test_spoilers_of_forms_and_menus_stay_spoilers(bot: Stage) -> None:
    ada, bob = bot.chat.person("Ada"), bot.chat.person("Bob")
    composed = await compose(bot, photo=[PHOTO], styles=[STYLE, Upload(*RED[:3], spoiler=True)])
    await composed.until(READY)
    assert all_hidden(composed)
    message = await bob.say("", [HIDDEN["flag"]])
    card = await stylized(bot, await ada.use("Stylize this…", message))
    await card.until(READY)
    assert all_hidden(card)
    of_card = await stylized(bot, await ada.use("Stylize this…", card.id), picture=["photo"])
    await of_card.until(READY)
    assert all_hidden(of_card)
    hidden = from_bot({**GALLERY, "items": [{"media": MEDIA, "spoiler": True}]})
    for say in (hidden, from_bot({"type": 17, "spoiler": True, "components": [SECTION]})):
        told = await whispered(bot, await ada.use("Use as style", await say(bot)))
        sent = await ada.run("stylize", {"content": RED, "size": 64})
        card = Card(bot, sent)
        await card.until(READY)
        assert all_hidden(card)
    form = await ada.press(int(told["id"]), buttons(told)["Add it to the shelf…"]["custom_id"])
    said = await fill_in(bot, form, {"name": "Secret"})
    assert "is a spoiler" in (await whispered(bot, said))["content"]


@pytest.mark.parametrize(
    ("said", "hidden"), [(f"||the end:\n{CAT}||", True), (f"||so|| {CAT} ||so||", False)]
)
async def test_links_within_spoiler_marks_are_spoilers(
    bot: Stage, said: str, *, hidden: bool
) -> None:
    message = await bot.chat.person("Bob").forward(await embedded(bot, said), "gallery")
    for found in (await embedded(bot, said), message):
        card = await stylized(bot, await bot.chat.person("Ada").use("Stylize this…", found))
        await card.until(READY)
        assert all_hidden(card) is hidden


def all_hidden(card: Card) -> bool:
    shown = [item for state in card.states for item in gallery(state)]
    return bool(shown) and all(item["spoiler"] for item in shown)


def options(message: Json) -> list[Json]:
    """Return the options of the list in a message."""
    (row,) = [each for each in message["components"] if each["type"] == 1]
    found: list[Json] = row["components"][0]["options"]
    return found


async def choose(stage: Stage, asked: Card, value: str, who: str = "Ada") -> Interaction:
    (row,) = [each for each in asked.now["components"] if each["type"] == 1]
    custom_id = row["components"][0]["custom_id"]
    return await stage.chat.person(who).press(asked.id, custom_id, [value])
