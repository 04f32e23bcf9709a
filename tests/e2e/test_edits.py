"""Edits of cards: results overtake everything, waiting cards are quiet, pictures are sent once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from localchat import Exchange, Fault
from tests.e2e.support import QUICK, Card, Stage, gallery, until

READY = "Your picture is ready"
WAITING = "Waiting"
PAUSED = "Back in a moment"
CHANNEL = "/channels/{channel_id}/messages/{message_id}"
WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
BY_CHANNEL = replace(QUICK, token_reserve=15 * 60.0)
"""The interaction's token is used only if nothing else works: all cards share one bucket."""
PEOPLE = ["Ada", "Bob", "Cleo", "Dan"]


@contextmanager
def edits(stage: Stage) -> Iterator[list[Exchange]]:
    """All edits of messages that Discord took."""
    found: list[Exchange] = []

    def note(exchange: Exchange) -> None:
        if exchange.method == "PATCH" and exchange.status == 200:
            found.append(exchange)

    stage.chat.on_exchange(note)
    yield found


def of(card: Card, exchanges: list[Exchange]) -> list[Exchange]:
    return [each for each in exchanges if each.path.endswith(f"/{card.id}")]


async def crowd(stage: Stage) -> list[Card]:
    """Two jobs of everybody in one channel; the first of them runs, the others wait."""
    cards = [await stage.stylize(who) for who in PEOPLE for _ in range(2)]
    await cards[0].until("Painting")
    for card in cards[1:]:
        await card.until(WAITING)
    return cards


async def test_a_result_overtakes_the_cards_that_wait(stage: Stage) -> None:
    restless = replace(BY_CHANNEL, waiting_edit=0.0)  # they may change as often as they like
    async with stage.bot(timings=restless):
        stage.hold()
        cards = await crowd(stage)
        await cards[0].until_still()
        with edits(stage) as found:
            await stage.press(cards[0], "Stop and keep")
            await cards[0].until(READY)
            before = [each for each in found if not of(cards[0], [each])]
        assert len(before) <= 3, "a part of the bucket is left to results"
        stage.release()
        for card in cards:
            await card.until(READY)
        assert len(of(cards[-1], found)) <= len(cards) + 4


async def test_waiting_cards_change_with_their_place_and_not_with_the_time(stage: Stage) -> None:
    async with stage.bot():
        stage.hold(silently=False)
        running = await stage.stylize("Ada", channel="gallery")
        await running.until("Painting")
        waiting = await stage.stylize("Bob")
        await waiting.until(WAITING)
        with edits(stage) as found:
            await until(lambda: len(of(running, found)) >= 5)  # each tells a time left
        assert of(waiting, found) == []
        await stage.press(running, "Cancel")
        await waiting.until("Painting")


async def test_waiting_cards_change_rarely(stage: Stage) -> None:
    async with stage.bot():
        stage.hold()
        cards = await crowd(stage)
        with edits(stage) as found:
            for card in cards[:2]:
                await stage.press(card, "Cancel")
                await card.until("Cancelled")
            assert of(cards[-1], found) == [], "not every change of its place within seconds"


async def test_pictures_that_a_card_has_are_not_sent_again(stage: Stage) -> None:
    async with stage.bot():
        with edits(stage) as found:
            stage.hold(silently=False)
            card = await stage.stylize()
            await until(lambda: len(card.previews) >= 3)
            stage.release()
            await card.until(READY)
            await stage.until_delivered(card.job_id)
    sent = [file.filename for each in of(card, found) for file in each.files]
    assert sent.count("photo.jpg") == 1
    assert sent.count("style.jpg") == 1
    assert len(gallery(card.now)) == 3


async def test_pictures_that_somebody_has_taken_from_a_card_are_sent_again(stage: Stage) -> None:
    async with stage.bot():
        stage.hold()
        card = await stage.stylize()
        await card.until_still()
        lost = Fault(method="PATCH", status=400, code=50035)  # an attachment is not found
        stage.chat.faults.start(lost, times=1)
        stage.release()
        await card.until(READY)
        await stage.until_delivered(card.job_id)
    assert len(gallery(card.now)) == 3


async def test_cards_are_edited_through_their_interactions_at_first(stage: Stage) -> None:
    async with stage.bot():
        with edits(stage) as found:
            card = await stage.stylize()
            await card.until(READY)
        assert {each.template for each in of(card, found)} == {WEBHOOK}


async def test_later_cards_are_edited_through_the_channel(stage: Stage) -> None:
    async with stage.bot(timings=BY_CHANNEL):
        with edits(stage) as found:
            card = await stage.stylize()
            await card.until(READY)
        assert {each.template for each in of(card, found)} == {CHANNEL}


async def test_every_card_is_told_of_a_restart_whatever_the_channel_has_left(stage: Stage) -> None:
    stage.hold()
    async with stage.bot():
        cards = await crowd(stage)
    assert [card.titles[-1] for card in cards] == [PAUSED] * len(cards)


async def test_an_edit_that_arrives_after_the_outcome_does_not_stay(stage: Stage) -> None:
    async with stage.bot(timings=replace(QUICK, settle=4.0)):
        stage.hold(silently=False)
        card = await stage.stylize("Ada")
        await card.until("Painting")
        slow = stage.chat.faults.start(Fault(delay=6.0, method="PATCH"), times=1)
        await until(lambda: slow.struck == 1)
        await stage.press(card, "Stop and keep")
        await card.until(READY)
        await until(lambda: card.titles[-1] != READY)  # what was on its way arrives
        await until(lambda: card.titles[-1] == READY)
        assert "stylized-" in gallery(card.now)[0]["media"]["url"]
