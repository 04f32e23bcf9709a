"""Another picture from one that is there: more, less, bigger, changed; after a restart too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

import pytest

from localchat import MANAGER_PERMISSIONS
from tests.e2e.playing import NEXT, READY, act, fields_of, from_menu, whispered
from tests.e2e.support import Card, Stage, buttons, gallery, texts, until

FAILED: Final = "This picture could not be painted"


@pytest.mark.parametrize(("label", "strength"), [("More style", 70), ("Less style", 30)])
async def test_strength_goes_on_from_the_result(
    finished: tuple[Stage, Card], label: str, strength: int
) -> None:
    stage, card = finished
    child = await act(stage, card, label)
    await child.until(READY)
    assert f"standard · strength {strength} · 64 px" in child.text
    asked = stage.requests[-1]
    assert (asked["strength"], asked["seed"]) == (strength, 7)
    assert asked["start_from"] == f"{card.job_id}-result-raw.png"


async def test_another_take_and_bigger(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    take = await act(stage, card, "Another version")
    await take.until(READY)
    assert stage.requests[-1]["seed"] != 7
    assert stage.requests[-1]["start_from"] is None
    bigger = Card(stage, await from_menu(stage, card, "Bigger"))
    await bigger.until(READY)
    asked = stage.requests[-1]
    assert (asked["size"], asked["start_from"]) == (128, f"{card.job_id}-result-raw.png")


async def test_a_variation_by_somebody_else_is_theirs(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    child = await act(stage, card, "More style", "Eve")
    await child.until(READY)
    eve = child.interaction.user
    assert f"for <@{eve.id}>" in child.text
    reply = await stage.until_reply(child)
    assert [user["id"] for user in reply["mentions"]] == [str(eve.id)]


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
    await theirs.until("Waiting")
    stage.release()
    await child.until(READY)
    await theirs.until(READY)
    assert len(stage.runs) == 3
    await (await act(stage, card, "More style")).until(READY)  # it is nobody's second press now


async def test_one_too_many_is_refused_to_who_pressed_alone(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    stage.hold()
    for label in ("More style", "Another version"):
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
        told = await whispered(stage, await from_menu(stage, cards[-1], "Details", "Eve"))
    lineage = told["content"].partition("Where it comes from")[2].splitlines()[1:]
    assert [line.partition(" · [")[0] for line in lineage] == [
        "← standard · strength 30 · 64 px",
        "← standard · strength 50 · 64 px",
        "← standard · strength 30 · 64 px",
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
    assert stage.requests[-1]["start_from"] == f"{card.job_id}-result-raw.png"
    await (await act(stage, child, "Less style", "Eve")).until(READY)


async def test_a_card_that_a_moderator_took_away_leaves_its_variations(
    finished: tuple[Stage, Card],
) -> None:
    stage, card = finished
    child = await act(stage, card, "More style", "Eve")
    await child.until(READY)
    await stage.chat.remove_message(card.id)
    for label in ("Photo's colours", "Less style"):
        await act(stage, child, label, "Eve")
    await until(lambda: "Style's colours" in buttons(child.now))
    recipe = await whispered(stage, await from_menu(stage, child, "Details", "Eve"))
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


async def test_change_the_recipe(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    ada = stage.chat.person("Ada")
    form = await from_menu(stage, card, "Change…")
    fields = fields_of(form.modal)
    preset, strength, size, colours, shapes = fields
    wrong = await ada.submit(form, {strength: "much"})
    assert "whole number from 0 to 100" in (await whispered(stage, wrong))["content"]
    same = await ada.submit(form, {})
    assert "Nothing was changed" in (await whispered(stage, same))["content"]
    filled = {preset: ["draft"], strength: "90", colours: ["photo"], shapes: ["2.0"]}
    sent = await ada.submit(form, filled)
    child = Card(stage, sent)
    await child.until(READY)
    assert "draft · strength 90 · 64 px · photo's colours · larger shapes" in child.text
    recipe = await whispered(stage, await from_menu(stage, child, "Details"))
    assert "← standard · strength 50 · 64 px" in recipe["content"]
    assert f"/{card.id})" in recipe["content"]
    assert size in fields


async def test_a_sheet_of_strengths(bot: Stage) -> None:
    sheet = await bot.stylize("Ada", sheet=True, seed=3, size=96)
    final = await sheet.until("Which strength do you like?")
    labels = ["Strength 15", "Strength 40", "Strength 65", "Strength 90"]
    assert list(buttons(final)) == [*labels, *NEXT, "More…"]
    assert bot.requests[-1]["strengths"] == [15, 40, 65, 90]
    assert all(
        "strengths 15, 40, 65, 90 · 96 px" in "".join(texts(s["components"])) for s in sheet.states
    )
    assert "at the strengths 15, 40, 65, and 90" in gallery(final)[0]["description"]
    reply = await bot.until_reply(sheet)
    assert "your picture is ready in four strengths. Press one" in reply["content"]
    recipe = await whispered(bot, await from_menu(bot, sheet, "Details"))
    assert "Strengths: 15, 40, 65, 90" in recipe["content"]
    full = await act(bot, sheet, "Strength 65", "Bob")
    await full.until(READY)
    assert "strength 65 · 96 px" in full.text
    assert (bot.requests[-1]["strengths"], bot.requests[-1]["seed"]) == ([], 3)


async def _fail(stage: Stage, order: Callable[[], Awaitable[Card]]) -> Card:
    """Return what is ordered takes too long; a bot without that limit comes after it."""
    patient = stage.settings
    stage.settings = patient.model_copy(update={"job_timeout_seconds": 1})
    stage.hold()
    async with stage.bot():
        card = await order()
        await card.until(FAILED)
        await stage.until_delivered(card.job_id)
    stage.settings = patient
    stage.release()
    return card


async def test_a_picture_that_failed_is_tried_again(stage: Stage) -> None:
    card = await _fail(stage, lambda: stage.stylize("Ada", strength=60, seed=7))
    assert list(buttons(card.now)) == ["Try again", "Change…", *NEXT]
    async with stage.bot():
        again = await act(stage, card, "Try again", "Eve")
        await again.until(READY)
        assert f"strength 60 · 64 px · for <@{again.interaction.user.id}>" in again.text
        form = await stage.chat.person("Ada").press(
            card.id, buttons(card.now)["Change…"]["custom_id"]
        )
        said = await stage.chat.person("Ada").submit(form, {})
        assert "“Try again” paints it once more" in (await whispered(stage, said))["content"]
        _, strength, *_ = fields_of(form.modal)
        said = await stage.chat.person("Ada").submit(form, {strength: "80"})
        changed = Card(stage, said)
        await changed.until(READY)
        assert "strength 80 · 64 px" in changed.text


async def test_a_variation_that_failed_goes_on_from_where_it_would_have(stage: Stage) -> None:
    async with stage.bot():
        parent = await stage.stylize()
        await parent.until(READY)
        await stage.until_delivered(parent.job_id)
    card = await _fail(stage, lambda: act(stage, parent, "More style"))
    raw = f"{parent.job_id}-result-raw.png"
    async with stage.bot():
        await (await act(stage, card, "Try again")).until(READY)
        assert stage.requests[-1]["start_from"] == raw
        (stage.settings.data_dir / "spool" / raw).unlink()
        told = await whispered(stage, (await act(stage, card, "Try again")).interaction)
        assert "not kept any more" in told["content"]


async def test_a_sheet_that_failed_is_a_sheet_again(stage: Stage) -> None:
    card = await _fail(stage, lambda: stage.stylize(sheet=True))
    assert list(buttons(card.now)) == ["Try again", *NEXT]
    async with stage.bot():
        await (await act(stage, card, "Try again")).until("Which strength do you like?")


async def test_a_finished_picture_is_not_tried_again(finished: tuple[Stage, Card]) -> None:
    stage, card = finished
    asked = await stage.chat.person("Ada").press(card.id, buttons(card.now)["More…"]["custom_id"])
    panel = asked.response_message_id or 0
    shown = stage.chat.message(panel)
    forged = json.loads(json.dumps(shown.components))
    forged[-1]["components"][0]["custom_id"] = f"retry:{card.job_id}"
    stage.chat.restore_message(replace(shown, components=tuple(forged)))
    told = await stage.chat.person("Ada").press(panel, f"retry:{card.job_id}")
    assert "no finished picture" in (await whispered(stage, told))["content"]
