"""What happens to a finished card itself, and exports of it; after a restart too."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

import pytest
from PIL import Image

from localchat import MODERATOR_PERMISSIONS, Fault, Message, Upload
from tests.corpus.pictures import encoded
from tests.e2e.playing import READY, act, fields_of, from_menu, picture, whispered
from tests.e2e.support import PHOTO, Card, Stage, buttons, gallery, texts, until


async def test_colours_switch_on_the_card_and_back(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    before = picture(stage, card)
    ada = stage.chat.person("Ada")
    await ada.press(card.id, buttons(card.now)["Photo's colours"]["custom_id"])
    await until(lambda: "Style's colours" in buttons(card.now))
    assert "64 px · photo's colours · for" in card.text
    assert len(gallery(card.now)) == 3
    photo = picture(stage, card)
    assert photo != before
    await ada.press(card.id, buttons(card.now)["Style's colours"]["custom_id"])
    await until(lambda: "Photo's colours" in buttons(card.now))
    with Image.open(io.BytesIO(before)) as old, Image.open(io.BytesIO(picture(stage, card))) as new:
        assert old.tobytes() == new.tobytes()
    assert len([name for name in stage.spool if name.startswith(card.job_id)]) == 3


async def test_two_presses_at_once_want_the_same_colours(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    mo = stage.chat.person("Mo", MODERATOR_PERMISSIONS)
    before = len(card.states)
    to_photo = buttons(card.now)["Photo's colours"]["custom_id"]
    people = (stage.chat.person("Ada"), stage.chat.person("Ada"), mo)
    await asyncio.gather(*(person.press(card.id, to_photo) for person in people))
    await until(lambda: len(card.states) == before + 3)
    assert "Style's colours" in buttons(card.now)
    assert "64 px · photo's colours · for" in card.text


async def test_a_server_that_takes_smaller_files_by_now(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    stage.chat.limit_uploads(30_000)
    told = await whispered(stage, await from_menu(stage, card, "Timelapse"))
    (film,) = told["attachments"]
    assert film["size"] <= 30_000
    stage.chat.limit_uploads(200, told=30_000)  # Discord may say more than it takes
    told = await whispered(stage, await from_menu(stage, card, "Before and after"))
    assert told["content"] == (
        "The picture is larger than this server takes. Please ask for a smaller size."
    )


async def test_other_colours_where_smaller_files_are_taken_by_now(bot: Stage) -> None:
    noise = Image.effect_noise((320, 240), 90).convert("RGB")
    photo = Upload("noise.png", encoded(noise, "PNG"), "image/png")
    card = await bot.stylize("Ada", photo, size=256)
    await card.until(READY)
    await bot.until_delivered(card.job_id)
    assert len(picture(bot, card)) > 70_000
    bot.chat.limit_uploads(70_000, told=2**19 + 60_000)  # there is room for what is beside it
    await bot.chat.person("Ada").press(card.id, f"tophoto:{card.job_id}")
    await until(lambda: "Style's colours" in buttons(card.now))
    assert len(picture(bot, card)) <= 60_000


async def test_the_card_belongs_to_its_requester(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    eve = stage.chat.person("Eve")
    answer = await eve.press(card.id, buttons(card.now)["Photo's colours"]["custom_id"])
    assert "Only <@" in (await whispered(stage, answer))["content"]
    opened = Card(stage, await eve.press(card.id, buttons(card.now)["More…"]["custom_id"]))
    assert not {"Delete…", "Write alt text…"} & set(buttons(opened.now))


async def test_what_the_menu_does_not_offer_is_refused_as_well(
    finished: tuple[Stage, Card],
) -> None:
    stage, card = finished
    asked = Card(stage, await from_menu(stage, card, "Delete…"))
    # The requester's own question, as if it were Eve's: a client may send any custom_id.
    chat = stage.chat
    eve = stage.chat.person("Eve")
    chat.restore_message(replace(chat.message(asked.id), visible_to=eve.user.id))
    erase = buttons(asked.now)["Delete it for good"]["custom_id"]
    told = await whispered(stage, await eve.press(asked.id, erase))
    assert "Only <@" in told["content"]
    assert chat.find_message(card.id) is not None


@pytest.mark.parametrize(
    ("label", "name", "kind"),
    [
        ("Timelapse", "timelapse-", "mp4"),
        ("Progress chart", "losses-", "png"),
        ("Before and after", "compare-", "png"),
    ],
)
async def test_exports_are_for_who_asks(
    finished: tuple[Stage, Card], label: str, name: str, kind: str
) -> None:
    stage, card = finished
    told = await whispered(stage, await from_menu(stage, card, label, "Eve"))
    (file,) = told["attachments"]
    assert file["filename"] == f"{name}{card.job_id}.{kind}"
    assert file["description"]
    assert told["mentions"] == []
    if label != "Progress chart":
        posted = await stage.chat.person("Eve").press(
            int(told["id"]), buttons(told)["Post it here"]["custom_id"]
        )
        assert not buttons(stage.history[int(told["id"])][-1]), "it is posted once"
        await until(lambda: bool(posted.followup_ids))
        shown = Card(stage, posted)
        shown.id = posted.followup_ids[0]
        await until(lambda: bool(shown.now["attachments"]))
        assert stage.chat.message(shown.id).visible_to is None
        assert shown.now["mentions"] == []


async def test_describe_it(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    form = await from_menu(stage, card, "Write alt text…")
    (field,) = fields_of(form.modal)
    said = await stage.chat.person("Ada").submit(form, {field: "A cat on a wave @everyone"})
    assert "Saved." in (await whispered(stage, said))["content"]
    assert gallery(card.now)[0]["description"] == "A cat on a wave @everyone"


async def test_delete_asks_first(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    child = await act(stage, card, "More style", "Eve")
    await child.until(READY)
    await stage.until_reply(child)
    asked = Card(stage, await from_menu(stage, card, "Delete…"))
    assert stage.chat.find_message(card.id) is not None
    await stage.chat.person("Ada").press(
        asked.id, buttons(asked.now)["Delete it for good"]["custom_id"]
    )
    await asked.until("Deleted.")
    assert not buttons(asked.now), "it cannot be pressed twice"
    assert stage.chat.find_message(card.id) is None
    left = [message for message in stage.chat.messages() if "is ready" in message["content"]]
    told_of = [message["message_reference"]["message_id"] for message in left]
    assert told_of == [str(child.id)], "nobody is told of a picture that is gone"
    assert not [name for name in stage.spool if name.startswith(card.job_id)]
    again = await act(stage, child, "More style", "Eve")  # its pictures are still there
    await again.until(READY)
    recipe = await whispered(stage, await from_menu(stage, child, "Details"))
    assert "not kept any more" in recipe["content"]


async def test_what_discord_does_not_delete_now_can_be_deleted_later(bot: Stage) -> None:
    """A public card whose picture was forgotten could never be taken away by who asked for it."""
    card = await bot.stylize("Ada")
    await card.until(READY)
    await bot.until_reply(card)
    await bot.until_delivered(card.job_id)
    asked = Card(bot, await from_menu(bot, card, "Delete…"))
    erase = buttons(asked.now)["Delete it for good"]["custom_id"]
    outage = bot.chat.faults.start(Fault(reset=True, method="DELETE"))
    pressed = await bot.chat.person("Ada").press(asked.id, erase)
    await until(lambda: bool(pressed.followup_ids))
    assert "try again in a minute" in bot.chat.message(pressed.followup_ids[0]).content
    assert bot.chat.find_message(card.id) is not None
    bot.chat.faults.stop(outage)
    await bot.chat.person("Ada").press(asked.id, erase)
    await asked.until("Deleted.")
    assert bot.chat.find_message(card.id) is None


async def test_a_moderator_may_delete(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    mo = stage.chat.person("Mo", MODERATOR_PERMISSIONS)
    opened = Card(stage, await mo.press(card.id, buttons(card.now)["More…"]["custom_id"]))
    assert "Delete…" in buttons(opened.now)


async def test_files_that_are_gone(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    for file in (stage.settings.data_dir / "spool").iterdir():
        file.unlink()
    ada = stage.chat.person("Ada")
    await ada.press(card.id, buttons(card.now)["Photo's colours"]["custom_id"])
    messages = stage.chat.all_messages
    await until(lambda: any("not kept any more" in each.content for each in messages()))
    for label in ("Timelapse", "Change…", "Bigger"):
        told = await whispered(stage, await from_menu(stage, card, label))
        assert "not kept any more" in told["content"]
    told = await whispered(stage, (await act(stage, card, "More style", "Eve")).interaction)
    assert "not kept any more" in told["content"]


async def test_private_and_shared(bot: Stage) -> None:
    card = await bot.stylize("Ada", private=True)
    await card.until(READY)
    ada = card.interaction.user
    chat = bot.chat
    assert chat.message(card.id).visible_to == ada.id
    assert "Share posts it here for everybody to see." in card.text
    public = [m for m in chat.all_messages() if m.visible_to is None]
    assert not [m for m in public if str(ada.id) in m.content]
    again = await act(bot, card, "More style")
    assert chat.message(again.id).visible_to == ada.id
    await again.until(READY)
    old = chat.message(card.id)
    shared = await act(bot, card, "Share")
    await until(lambda: len(gallery(shared.now)) == 3)
    assert chat.message(shared.id).visible_to is None
    assert "Share" not in buttons(shared.now)
    await until(lambda: "Share" not in buttons(card.now))
    assert "Share posts it here" not in card.text
    chat.restore_message(old)  # as a client shows it that has not heard of the edit
    second = await bot.chat.person("Ada").press(card.id, f"share:{card.job_id}")
    assert "shared already" in (await whispered(bot, second))["content"]
    theirs = await act(bot, shared, "Less style", "Eve")
    assert chat.message(theirs.id).visible_to is None
    await theirs.until(READY)


def for_everybody(stage: Stage) -> list[Message]:
    return [message for message in stage.chat.all_messages() if message.visible_to is None]


async def test_a_private_picture_is_shared_once(bot: Stage) -> None:
    card = await bot.stylize("Ada", private=True)
    await card.until(READY)
    await bot.until_delivered(card.job_id)
    ada, share = bot.chat.person("Ada"), buttons(card.now)["Share"]["custom_id"]
    bot.chat.faults.next("PATCH", "/messages/@original$", status=400, code=200000)
    refused = await ada.press(card.id, share)
    await until(lambda: bool(refused.followup_ids))
    assert bot.chat.message(refused.followup_ids[0]).visible_to == ada.user.id
    assert for_everybody(bot) == []
    first, second = await asyncio.gather(*(ada.press(card.id, share) for _ in range(2)))
    await until(lambda: "Share" not in buttons(card.now))
    answers = {bot.chat.message(each.response_message_id or 0).content for each in (first, second)}
    assert answers == {"", "It has been shared already."}
    assert len(for_everybody(bot)) == 1


@pytest.mark.parametrize(("late", "left"), [(0, False), (16 * 60, True)])
async def test_a_private_card_is_deleted_after_its_token_has_died(
    bot: Stage, late: float, left: bool
) -> None:
    """The press of More… brings another one, for another quarter of an hour."""
    card = await bot.stylize("Ada", private=True)
    await card.until(READY)
    ada, chat = bot.chat.person("Ada"), bot.chat
    real = chat.clock
    chat.clock = lambda: real() + 16 * 60
    described = await from_menu(bot, card, "Write alt text…")
    said = await ada.submit(described, {"text": "A cat on a wave"})
    assert "Screen readers now read" in (await whispered(bot, said))["content"]
    asked = Card(bot, await from_menu(bot, card, "Delete…"))
    chat.clock = lambda: real() + 16 * 60 + late
    erase = buttons(asked.now)["Delete it for good"]["custom_id"]
    await ada.press(asked.id, erase)
    await asked.until("dismiss it yourself." if left else "Deleted.")
    assert (chat.find_message(card.id) is not None) is left
    assert not [name for name in bot.spool if name.startswith(card.job_id)]


async def test_spoiler(bot: Stage) -> None:
    card = await bot.stylize("Ada", spoiler=True)
    final = await card.until(READY)
    assert [item["spoiler"] for item in gallery(final)] == [True, True, True]


async def test_names_that_would_ping_do_not(bot: Stage) -> None:
    evil = Upload("@everyone <@1>.jpg", PHOTO.data, "image/jpeg")
    card = await bot.stylize("Ada", evil)
    await card.until(READY)
    told = await whispered(bot, await from_menu(bot, card, "Details"))
    assert told["mentions"] == []
    assert not told["mention_everyone"]
    assert "@everyone" not in " ".join([told["content"], *texts(card.now["components"])])
