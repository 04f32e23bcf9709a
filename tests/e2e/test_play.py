"""Play with a finished picture: its buttons, after a restart too."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from bot.localchat import MANAGER_PERMISSIONS, MODERATOR_PERMISSIONS, Upload
from tests.e2e.support import PHOTO, Card, Json, Stage, buttons, gallery, texts, until

READY = "Your picture is ready"


@pytest.fixture
async def finished(stage: Stage) -> AsyncIterator[tuple[Stage, Card]]:
    """A picture that is done, and a bot that was restarted after that."""
    async with stage.bot():
        card = await stage.stylize("Ada", strength=50, seed=7)
        await card.until(READY)
        await stage.until_delivered(card.job_id)
    async with stage.bot():
        yield stage, card


def requests(stage: Stage) -> list[dict[str, Any]]:
    """What the painter was asked for, in the order in which it finished."""
    lines = (stage.settings.data_dir / "requests").read_text().splitlines()
    return [json.loads(line) for line in lines]


async def act(stage: Stage, card: Card, label: str, who: str = "Ada") -> Card:
    """Press a button that brings a new card."""
    custom_id = buttons(card.now)[label]["custom_id"]
    return Card(stage, await stage.chat.person(who).press(card.id, custom_id))


async def from_menu(stage: Stage, card: Card, label: str, who: str = "Ada") -> Any:
    """Open More… and press a button there; returns the interaction."""
    person = stage.chat.person(who)
    opened = await person.press(card.id, buttons(card.now)["More…"]["custom_id"])
    panel = Card(stage, opened)
    if panel.id == card.id:  # the press was kept for the card, and the menu followed
        await until(lambda: bool(opened.followup_ids))
        panel.id = opened.followup_ids[0]
    return await person.press(panel.id, buttons(panel.now)[label]["custom_id"])


async def whispered(stage: Stage, interaction: Any) -> Json:
    """The message that only who pressed sees, once it has its words."""
    card = Card(stage, interaction)
    await until(lambda: bool(card.states) and bool(card.now["content"]))
    message = stage.chat.world.message(card.id)
    assert message.visible_to == interaction.user.id
    return card.now


def picture(stage: Stage, card: Card) -> bytes:
    """The bytes of the result on a card."""
    files = stage.chat.world.message(card.id).attachments
    return next(file.path.read_bytes() for file in files if file.filename.startswith("stylized"))


@pytest.mark.parametrize(("label", "strength"), [("More style", 70), ("Less style", 30)])
async def test_strength_goes_on_from_the_result(
    finished: tuple[Stage, Card], label: str, strength: int
) -> None:
    stage, card = finished
    child = await act(stage, card, label)
    await child.until(READY)
    assert f"standard · strength {strength} · 64 px · seed 7" in child.text
    asked = requests(stage)[-1]
    assert asked["strength"] == strength
    assert asked["start_from"] == f"{card.job_id}-result-raw.png"


async def test_another_take_and_bigger(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    take = await act(stage, card, "Another take")
    await take.until(READY)
    assert "seed 7 " not in take.text
    assert requests(stage)[-1]["start_from"] is None
    bigger = Card(stage, await from_menu(stage, card, "Bigger"))
    await bigger.until(READY)
    asked = requests(stage)[-1]
    assert (asked["size"], asked["start_from"]) == (128, f"{card.job_id}-result-raw.png")


async def test_a_variation_by_somebody_else_is_theirs(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    child = await act(stage, card, "More style", "Eve")
    await child.until(READY)
    eve = child.interaction.user
    assert f"for <@{eve.id}>" in child.text
    reply = await stage.until_reply(child)
    assert [user["id"] for user in reply["mentions"]] == [str(eve.id)]


async def test_colours_switch_on_the_card_and_back(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    before = picture(stage, card)
    ada = stage.chat.person("Ada")
    await ada.press(card.id, buttons(card.now)["Photo's colours"]["custom_id"])
    await until(lambda: "Style's colours" in buttons(card.now))
    assert "photo's colours · seed 7" in card.text
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
    assert "photo's colours · seed 7" in card.text


async def test_a_second_quick_press_is_told_of_the_first(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    stage.hold()
    ada = stage.chat.person("Ada")
    more = buttons(card.now)["More style"]["custom_id"]
    answers = await asyncio.gather(*(ada.press(card.id, more) for _ in range(3)))
    cards = [Card(stage, answer) for answer in answers]
    child, *others = sorted(cards, key=lambda card: int(card.now["flags"]) & 64)
    for other in others:
        told = (await whispered(stage, other.interaction))["content"]
        assert "on its way already" in told
        assert f"/{child.id})" in told
    theirs = await act(stage, card, "More style", "Eve")
    await theirs.until("Waiting for a free easel")
    stage.release()
    await child.until(READY)
    await theirs.until(READY)
    assert len(stage.runs) == 3
    await (await act(stage, card, "More style")).until(READY)  # it is nobody's second press now


async def test_one_too_many_is_refused_to_who_pressed_alone(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    stage.hold()
    for label in ("More style", "Another take"):
        await act(stage, card, label)
    told = await whispered(stage, (await act(stage, card, "Less style")).interaction)
    assert "You already have as many pictures" in told["content"]
    form = await from_menu(stage, card, "Change…")
    sent = await stage.chat.person("Ada").submit(form, {"strength": "90"})
    assert "You already have as many pictures" in (await whispered(stage, sent))["content"]


async def test_a_variation_of_a_variation_of_a_variation(stage: Stage) -> None:
    """Each asked for from a bot that was started anew since."""
    async with stage.bot():
        card = await stage.stylize("Ada", strength=30, seed=7)
        await card.until(READY)
    cards = [card]
    for label in ("More style", "Less style", "More style"):
        async with stage.bot():
            cards.append(await act(stage, cards[-1], label, "Eve"))
            await cards[-1].until(READY)
    async with stage.bot():
        told = await whispered(stage, await from_menu(stage, cards[-1], "Recipe", "Eve"))
    lineage = told["content"].partition("Where it comes from")[2].splitlines()[1:]
    assert [line.partition(" · [")[0] for line in lineage] == [
        "← standard · strength 30 · 64 px · seed 7",
        "← standard · strength 50 · 64 px · seed 7",
        "← standard · strength 30 · 64 px · seed 7",
    ]
    assert [line.rpartition("/")[2] for line in lineage] == [
        f"{parent.id})" for parent in reversed(cards[:-1])
    ]


async def test_a_picture_is_deleted_while_a_variation_of_it_is_painted(
    finished: tuple[Stage, Card],
) -> None:
    stage, card = finished
    stage.hold()
    child = await act(stage, card, "More style", "Eve")
    await child.until("Painting")
    asked = Card(stage, await from_menu(stage, card, "Delete…"))
    ada = stage.chat.person("Ada")
    await ada.press(asked.id, buttons(asked.now)["Delete it for good"]["custom_id"])
    await asked.until("Deleted.")
    stage.release()
    await child.until(READY)
    assert requests(stage)[-1]["start_from"] == f"{card.job_id}-result-raw.png"
    await (await act(stage, child, "Less style", "Eve")).until(READY)


async def test_a_card_that_a_moderator_took_away_leaves_its_variations(
    finished: tuple[Stage, Card],
) -> None:
    stage, card = finished
    child = await act(stage, card, "More style", "Eve")
    await child.until(READY)
    await stage.chat.world.remove_message(stage.chat.world.message(card.id))
    for label in ("Photo's colours", "Less style"):
        await act(stage, child, label, "Eve")
    await until(lambda: "Style's colours" in buttons(child.now))
    recipe = await whispered(stage, await from_menu(stage, child, "Recipe", "Eve"))
    assert "← standard · strength 50" in recipe["content"]


async def test_the_largest_size_here(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    manager = stage.chat.person("Max", MANAGER_PERMISSIONS)
    await manager.run("settings change", {"max_size": 100})
    bigger = Card(stage, await from_menu(stage, card, "Bigger"))
    await bigger.until(READY)
    assert "100 px" in bigger.text
    told = await whispered(stage, await from_menu(stage, bigger, "Bigger"))
    assert told["content"].startswith("It was painted at 100 px already")


async def test_a_server_that_takes_smaller_files_by_now(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    stage.chat.limit_uploads(30_000)
    told = await whispered(stage, await from_menu(stage, card, "Timelapse"))
    (film,) = told["attachments"]
    assert film["size"] <= 30_000
    stage.chat.limit_uploads(200, told=30_000)  # Discord may say more than it takes
    told = await whispered(stage, await from_menu(stage, card, "Compare"))
    assert told["content"] == (
        "The picture is larger than this server takes. Please ask for a smaller size."
    )


async def test_the_card_belongs_to_its_requester(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    eve = stage.chat.person("Eve")
    answer = await eve.press(card.id, buttons(card.now)["Photo's colours"]["custom_id"])
    assert "Only <@" in (await whispered(stage, answer))["content"]
    opened = Card(stage, await eve.press(card.id, buttons(card.now)["More…"]["custom_id"]))
    assert not {"Delete…", "Describe it…"} & set(buttons(opened.now))


async def test_what_the_menu_does_not_offer_is_refused_as_well(
    finished: tuple[Stage, Card],
) -> None:
    stage, card = finished
    asked = Card(stage, await from_menu(stage, card, "Delete…"))
    # The requester's own question, as if it were Eve's: a client may send any custom_id.
    world = stage.chat.world
    eve = stage.chat.person("Eve")
    world.messages[asked.id] = replace(world.message(asked.id), visible_to=eve.user.id)
    erase = buttons(asked.now)["Delete it for good"]["custom_id"]
    told = await whispered(stage, await eve.press(asked.id, erase))
    assert "Only <@" in told["content"]
    assert card.id in world.messages


async def test_change_the_recipe(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    ada = stage.chat.person("Ada")
    form = await from_menu(stage, card, "Change…")
    fields = fields_of(form.modal)
    preset, strength, size, colours = fields
    wrong = await ada.submit(form, {strength: "much"})
    assert "whole number from 0 to 100" in (await whispered(stage, wrong))["content"]
    same = await ada.submit(form, {})
    assert "Nothing was changed" in (await whispered(stage, same))["content"]
    sent = await ada.submit(form, {preset: ["draft"], strength: "90", colours: ["photo"]})
    child = Card(stage, sent)
    await child.until(READY)
    assert "draft · strength 90 · 64 px · photo's colours · seed 7" in child.text
    recipe = await whispered(stage, await from_menu(stage, child, "Recipe"))
    assert "← standard · strength 50 · 64 px · seed 7" in recipe["content"]
    assert f"/{card.id})" in recipe["content"]
    assert size in fields


def fields_of(modal: Json | None) -> list[str]:
    """Custom ids of the fields of an open form, from top to bottom."""
    assert modal is not None
    return [label["component"]["custom_id"] for label in modal["components"]]


@pytest.mark.parametrize(
    ("label", "name", "kind"),
    [
        ("Timelapse", "timelapse-", "mp4"),
        ("Loss curve", "losses-", "png"),
        ("Compare", "compare-", "png"),
    ],
)
async def test_keepsakes_are_for_who_asks(
    finished: tuple[Stage, Card], label: str, name: str, kind: str
) -> None:
    stage, card = finished
    told = await whispered(stage, await from_menu(stage, card, label, "Eve"))
    (file,) = told["attachments"]
    assert file["filename"] == f"{name}{card.job_id}.{kind}"
    assert file["description"]
    assert told["mentions"] == []
    if label != "Loss curve":
        posted = await stage.chat.person("Eve").press(
            int(told["id"]), buttons(told)["Post it here"]["custom_id"]
        )
        assert not buttons(stage.history[int(told["id"])][-1]), "it is posted once"
        await until(lambda: bool(posted.followup_ids))
        shown = Card(stage, posted)
        shown.id = posted.followup_ids[0]
        await until(lambda: bool(shown.now["attachments"]))
        assert stage.chat.world.message(shown.id).visible_to is None
        assert shown.now["mentions"] == []


async def test_describe_it(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    form = await from_menu(stage, card, "Describe it…")
    (field,) = fields_of(form.modal)
    said = await stage.chat.person("Ada").submit(form, {field: "A cat on a wave @everyone"})
    assert "Saved." in (await whispered(stage, said))["content"]
    assert gallery(card.now)[0]["description"] == "A cat on a wave @everyone"


async def test_delete_asks_first(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    child = await act(stage, card, "More style", "Eve")
    await child.until(READY)
    asked = Card(stage, await from_menu(stage, card, "Delete…"))
    assert card.id in stage.chat.world.messages
    await stage.chat.person("Ada").press(
        asked.id, buttons(asked.now)["Delete it for good"]["custom_id"]
    )
    await asked.until("Deleted.")
    assert not buttons(asked.now), "it cannot be pressed twice"
    assert card.id not in stage.chat.world.messages
    left = [message for message in stage.chat.messages() if "is ready" in message["content"]]
    told_of = [message["message_reference"]["message_id"] for message in left]
    assert told_of == [str(child.id)], "nobody is told of a picture that is gone"
    assert not [name for name in stage.spool if name.startswith(card.job_id)]
    again = await act(stage, child, "More style", "Eve")  # its pictures are still there
    await again.until(READY)
    recipe = await whispered(stage, await from_menu(stage, child, "Recipe"))
    assert "not kept any more" in recipe["content"]


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
    messages = stage.chat.world.messages
    await until(lambda: any("not kept any more" in each.content for each in messages.values()))
    for label in ("Timelapse", "Change…", "Bigger"):
        told = await whispered(stage, await from_menu(stage, card, label))
        assert "not kept any more" in told["content"]
    told = await whispered(stage, (await act(stage, card, "More style", "Eve")).interaction)
    assert "not kept any more" in told["content"]


async def test_a_sheet_of_strengths(bot: Stage) -> None:
    sheet = await bot.stylize("Ada", sheet=True, seed=3, size=96)
    final = await sheet.until("Which strength do you like?")
    labels = ["Strength 15", "Strength 40", "Strength 65", "Strength 90"]
    assert list(buttons(final)) == [*labels, "More…"]
    assert requests(bot)[-1]["strengths"] == [15, 40, 65, 90]
    assert all(
        "strengths 15, 40, 65, 90 · 96 px" in "".join(texts(s["components"])) for s in sheet.states
    )
    assert "at the strengths 15, 40, 65, and 90" in gallery(final)[0]["description"]
    reply = await bot.until_reply(sheet)
    assert "your sheet of four strengths is ready. Press one" in reply["content"]
    recipe = await whispered(bot, await from_menu(bot, sheet, "Recipe"))
    assert "Strengths: 15, 40, 65, 90" in recipe["content"]
    full = await act(bot, sheet, "Strength 65", "Bob")
    await full.until(READY)
    assert "strength 65 · 96 px · seed 3" in full.text
    assert requests(bot)[-1]["strengths"] == []


async def test_private_and_shared(bot: Stage) -> None:
    card = await bot.stylize("Ada", private=True)
    await card.until(READY)
    ada = card.interaction.user
    world = bot.chat.world
    assert world.message(card.id).visible_to == ada.id
    assert "Share posts it here for everybody to see." in card.text
    public = [m for m in world.messages.values() if m.visible_to is None]
    assert not [m for m in public if str(ada.id) in m.content]
    again = await act(bot, card, "More style")
    assert world.message(again.id).visible_to == ada.id
    await again.until(READY)
    old = world.message(card.id)
    shared = await act(bot, card, "Share")
    await until(lambda: bool(shared.states))
    assert world.message(shared.id).visible_to is None
    assert len(gallery(shared.now)) == 3
    assert "Share" not in buttons(shared.now)
    await until(lambda: "Share" not in buttons(card.now))
    assert "Share posts it here" not in card.text
    world.messages[card.id] = old  # as a client shows it that has not heard of the edit
    second = await bot.chat.person("Ada").press(card.id, f"share:{card.job_id}")
    assert "shared already" in (await whispered(bot, second))["content"]
    theirs = await act(bot, shared, "Less style", "Eve")
    assert world.message(theirs.id).visible_to is None
    await theirs.until(READY)


@pytest.mark.parametrize(("late", "left"), [(0, False), (16 * 60, True)])
async def test_a_private_card_is_deleted_after_its_token_has_died(
    bot: Stage, late: float, left: bool
) -> None:
    """The press of More… brings another one, for another quarter of an hour."""
    card = await bot.stylize("Ada", private=True)
    await card.until(READY)
    ada, world = bot.chat.person("Ada"), bot.chat.world
    real = world.clock
    world.clock = lambda: real() + 16 * 60
    described = await from_menu(bot, card, "Describe it…")
    said = await ada.submit(described, {"text": "A cat on a wave"})
    assert "Screen readers now read" in (await whispered(bot, said))["content"]
    asked = Card(bot, await from_menu(bot, card, "Delete…"))
    world.clock = lambda: real() + 16 * 60 + late
    erase = buttons(asked.now)["Delete it for good"]["custom_id"]
    await ada.press(asked.id, erase)
    await asked.until("dismiss it yourself." if left else "Deleted.")
    assert (card.id in world.messages) is left
    assert not [name for name in bot.spool if name.startswith(card.job_id)]


async def test_spoiler(bot: Stage) -> None:
    card = await bot.stylize("Ada", spoiler=True)
    final = await card.until(READY)
    assert [item["spoiler"] for item in gallery(final)] == [True, True, True]


async def test_names_that_would_ping_do_not(bot: Stage) -> None:
    evil = Upload("@everyone <@1>.jpg", PHOTO.data, "image/jpeg")
    card = await bot.stylize("Ada", evil)
    await card.until(READY)
    told = await whispered(bot, await from_menu(bot, card, "Recipe"))
    assert told["mentions"] == []
    assert not told["mention_everyone"]
    assert "@everyone" not in " ".join([told["content"], *texts(card.now["components"])])
