"""What a card shows for a job in each state, within Discord's limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from backend.files.store import FileKey
from backend.i18n import LANGUAGES, words_for
from backend.jobs.model import Address, Job, JobState
from backend.jobs.progress import JobUpdate
from backend.records import JobSpec, JobStyle, ResultFile, StoredImage
from bot.ui import cards
from bot.ui.buttons import deletion_panel, menu_panel
from bot.ui.cards import Card
from bot.ui.media import result_name
from bot.ui.recipe import recipe_text
from nst.options import MAX_SEED, Colours, Options, Preset
from nst.text import Text

ENGLISH = words_for("en-US")
RESULT = ResultFile(
    file=FileKey("x/abc-result.webp"),
    width=512,
    height=384,
    seconds=83,
    steps=9,
    stopped_early=False,
)


def image(name: str) -> StoredImage:
    key = FileKey("x")
    return StoredImage(file=key, thumbnail=key, filename=name, sha256="0" * 64, width=8, height=6)


def job(state: JobState, **fields: Any) -> Job:
    address = Address(
        requester_id=2**63 - 1,
        guild_id=1,
        channel_id=2,
        message_id=3,
        bot_is_member=True,
        interaction_token="x",
        application_id=4,
    )
    given: dict[str, Any] = {
        "id": "abc",
        "state": state,
        "address": address,
        "created_at": datetime.now(UTC),
    }
    spec: dict[str, Any] = {
        "options": Options(strength=70, size=512, seed=7),
        "content": image("cat.jpg"),
        "styles": (JobStyle(image=image("waves.png")),),
        "max_result_bytes": 10**7,
    }
    spec |= {name: fields.pop(name) for name in JobSpec.__slots__ if name in fields}
    return Job(**(given | fields), spec=JobSpec(**spec))


def job_card(update: JobUpdate) -> Card:
    return cards.job_card(update, ENGLISH)


def walk(node: Any) -> Iterator[dict[str, Any]]:
    """Every component of a card, the accessory and the gallery's items left out."""
    for component in node:
        yield component
        yield from walk(component.get("components", []))


def parts(card: Card) -> list[dict[str, Any]]:
    return list(walk(card.view.to_components()))  # type: ignore[no-untyped-call]


def words(card: Card) -> str:
    return "\n".join(part["content"] for part in parts(card) if part["type"] == 10)


def pictures(card: Card) -> list[tuple[str, str]]:
    items = [item for part in parts(card) for item in part.get("items", [])]
    return [(item["media"]["url"], item["description"]) for item in items]


def buttons(card: Card) -> dict[str, bool]:
    """Return custom id and whether it can be pressed."""
    found = [part for part in parts(card) if part["type"] == 2]
    return {part["custom_id"]: not part.get("disabled", False) for part in found}


NEXT = ("restyle:abc", "reuse:abc")
BEFORE = ("attachment://photo.jpg", "Before: the photo “cat.jpg”")
STYLE = ("attachment://style.jpg", "Style: the picture “waves.png”")


async def test_waiting() -> None:
    card = job_card(JobUpdate(job=job(JobState.QUEUED), place=3, seconds_left=200))
    assert words(card).splitlines() == [
        "### Waiting for its turn",
        "Place 3 in the queue · ready in about 3 min",
        f"-# standard · strength 70 · 512 px · for <@{2**63 - 1}>",
    ]
    assert pictures(card) == [BEFORE, STYLE]
    assert buttons(card) == dict.fromkeys(("cancel:abc", *NEXT), True)
    assert card.files == ("photo.jpg", "style.jpg")


async def test_waiting_for_its_turn_to_come() -> None:
    update = JobUpdate(job=job(JobState.QUEUED), place=1, starts_in=20, seconds_left=41)
    assert "is next\nPlace 1 in the queue · starts in about 20 s · ready in about 41 s\n" in words(
        job_card(update)
    )
    soon = replace(update, starts_in=1.0)
    assert "is next\nPlace 1 in the queue · ready in about 41 s\n" in words(job_card(soon))


async def test_waiting_without_knowing_how_long() -> None:
    card = job_card(JobUpdate(job=job(JobState.QUEUED), place=1))
    assert "Waiting: your picture is next\nPlace 1 in the queue\n" in words(card)


async def test_begun() -> None:
    card = job_card(JobUpdate(job=job(JobState.RUNNING)))
    assert "### Painting\nMixing the colours." in words(card)
    assert buttons(card) == dict.fromkeys(("stop:abc", "cancel:abc", *NEXT), True)


async def test_painting() -> None:
    update = JobUpdate(job=job(JobState.RUNNING), fraction=0.5, seconds_left=12, preview=b"x")
    card = job_card(update)
    assert f"{'▰' * 6}{'▱' * 6} 50% · ready in about 12 s" in words(card)
    after = "After: “cat.jpg” painted in the style of “waves.png”, 50% done"
    assert pictures(card) == [("attachment://preview.jpg", after), BEFORE, STYLE]
    assert card.files == ("preview.jpg", "photo.jpg", "style.jpg")


async def test_stopping() -> None:
    card = job_card(JobUpdate(job=job(JobState.RUNNING), fraction=0.5, stopping=True))
    assert "Finishing with the picture as it is" in words(card)
    assert [each for each, on in buttons(card).items() if not on] == ["stop:abc"]


@pytest.mark.parametrize(
    ("stopped", "line"),
    [
        (False, "Painted in 83 s · 512×384 px"),
        (True, "Stopped early and kept after 83 s · 512×384 px"),
    ],
)
async def test_done(*, stopped: bool, line: str) -> None:
    done = job(JobState.DONE, result=replace(RESULT, stopped_early=stopped))
    card = job_card(JobUpdate(job=done))
    assert f"### Your picture is ready\n{line}" in words(card)
    after = "After: “cat.jpg” painted in the style of “waves.png”"
    assert pictures(card) == [("attachment://stylized-abc.webp", after), BEFORE, STYLE]
    painting = ("less:abc", "more:abc", "take:abc", "takes:abc")
    assert list(buttons(card)) == [*painting, *NEXT, "menu:abc"]
    assert card.files[0] == result_name(done) == "stylized-abc.webp"


async def test_failed_and_cancelled() -> None:
    failed = job_card(JobUpdate(job=job(JobState.FAILED, error="There was no memory.")))
    assert "### This picture could not be painted\nThere was no memory." in words(failed)
    cancelled = job_card(JobUpdate(job=job(JobState.CANCELLED)))
    assert "### Cancelled\ncat.jpg · waves.png\nNo picture was painted." in words(cancelled)
    assert (pictures(cancelled), cancelled.files) == ([], ()), "maybe it was the wrong photo"
    assert list(buttons(failed)) == ["retry:abc", "change:abc", *NEXT]
    assert list(buttons(cancelled)) == ["retry:abc", "change:abc", "delete:abc", *NEXT]


async def test_undeliverable_shows_no_files() -> None:
    done = job(JobState.DONE, result=RESULT)
    card = cards.undeliverable_card(done, "It is too large.", ENGLISH, kept=True)
    assert "It is too large." in words(card)
    assert (pictures(card), card.files) == ([], ())
    assert list(buttons(card)) == ["repost:abc", "change:abc", *NEXT]
    assert buttons(cards.undeliverable_card(done, "It is gone.", ENGLISH, kept=False)) == {}


async def test_asked_for_and_refused() -> None:
    options = Options(preset=Preset.FINE, strength=0, size=64, colours=Colours.PHOTO, seed=MAX_SEED)
    spec = JobSpec(options=options, max_result_bytes=10**7)
    for card in (
        cards.receiving_card(spec, 5, ENGLISH),
        cards.refused_card("It is empty.", spec, 5, ENGLISH),
    ):
        footer = "fine · strength 0 · 64 px · photo's colours · for <@5>"
        assert footer in words(card)
        assert (pictures(card), buttons(card), card.files) == ([], {}, ())
    assert "It is empty." in words(card)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "almost done"),
        (1.9, "almost done"),
        (2, "ready in about 2 s"),
        (89, "ready in about 89 s"),
        (91, "ready in about 2 min"),
        (5399, "ready in about 90 min"),
        (7200, "ready in about 2 h"),
    ],
)
async def test_time_left(seconds: float, text: str) -> None:
    update = JobUpdate(job=job(JobState.RUNNING), fraction=0.5, seconds_left=seconds)
    assert f"50% · {text}\n" in words(job_card(update))


FULL_RESULT = replace(
    RESULT, raw=FileKey("raw"), recording=FileKey("recording"), notes=(Text("note " * 60),)
)
CARDS: list[Callable[[Job], JobUpdate]] = [
    lambda long: JobUpdate(job=replace(long, state=JobState.QUEUED), place=10**6),
    lambda long: JobUpdate(job=replace(long, state=JobState.RUNNING), fraction=1, preview=b"x"),
    lambda long: JobUpdate(job=replace(long, state=JobState.DONE, result=FULL_RESULT)),
    lambda long: JobUpdate(
        job=replace(
            long,
            state=JobState.DONE,
            result=FULL_RESULT,
            spec=replace(long.spec, strengths=(0, 40, 65, 100)),
        )
    ),
    lambda long: JobUpdate(job=replace(long, state=JobState.FAILED)),
]


async def test_cards_say_which_frame_of_an_animation_was_taken() -> None:
    moving = replace(image("dance.gif"), frame=3, frames=24)
    still = job(JobState.QUEUED)
    for state in (JobState.QUEUED, JobState.RUNNING):
        shown = words(job_card(JobUpdate(job=job(state, content=moving))))
        assert "“dance.gif” moves: frame 3 of 24 was taken." in shown
    both = job(JobState.QUEUED, content=moving, styles=(JobStyle(image=moving),))
    assert words(job_card(JobUpdate(job=both))).count("frame 3 of 24") == 2
    assert "frame" not in words(job_card(JobUpdate(job=still)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("update_of", CARDS)
async def test_discords_limits_hold_for_the_fullest_card(
    update_of: Callable[[Job], JobUpdate], language: str
) -> None:
    name = "\N{FAMILY}" * 600
    moving = replace(image(name), frame=99_999, frames=99_999)
    style = JobStyle(image=moving, credit="©" * 100)
    long = job(
        JobState.QUEUED,
        id="z" * 16,
        content=moving,
        styles=(style,) * 3,
        mask=moving,
        options=Options(colours=Colours.COVARIANCE, size=4096, seed=MAX_SEED),
        private=True,
        spoiler=True,
        alt="x" * 1024,
        error="why " * 250,
    )
    said = words_for(language)
    card = cards.job_card(update_of(long), said)
    check_limits(parts(card), pictures(card))
    for url, _ in pictures(card):
        assert url.removeprefix("attachment://") in card.files
    done = replace(long, state=JobState.DONE, result=FULL_RESULT)
    for panel in (menu_panel(said, done, may_change=True), deletion_panel(said, done)):
        check_limits(list(walk(panel.to_components())), [])  # type: ignore[no-untyped-call]
    assert len(recipe_text(said, done, [done] * 20, {"versions": {"torch": "2" * 5000}})) <= 2000


def check_limits(found: list[dict[str, Any]], shown: list[tuple[str, str]]) -> None:
    """Those of Discord's component reference."""
    assert len(found) <= 40
    assert sum(len(part.get("content", "")) for part in found) <= 4000
    assert all(len(part.get("custom_id", "")) <= 100 for part in found)
    assert all(len(part.get("label", "")) <= 80 for part in found)
    rows = [part for part in found if part["type"] == 1]
    assert all(1 <= len(row["components"]) <= 5 for row in rows)
    assert all(0 < len(alt) <= 1024 for _, alt in shown)


async def test_colours_can_be_switched_where_both_are_there() -> None:
    def labels(**changes: Any) -> set[str]:
        done = job(JobState.DONE, result=FULL_RESULT, **changes)
        found = parts(job_card(JobUpdate(job=done)))
        return {part["label"] for part in found if part["type"] == 2}

    assert "Photo's colours" in labels()
    assert "Style's colours" in labels(options=Options(colours=Colours.PHOTO))
    histogram = labels(options=Options(colours=Colours.HISTOGRAM))
    assert not {"Photo's colours", "Style's colours"} & histogram


@pytest.mark.parametrize(("strength", "off"), [(0, "less:abc"), (100, "more:abc"), (50, None)])
async def test_no_more_than_all_and_no_less_than_nothing(strength: int, off: str | None) -> None:
    done = job(JobState.DONE, result=FULL_RESULT, options=Options(strength=strength))
    pressable = buttons(job_card(JobUpdate(job=done)))
    assert [one for one, on in pressable.items() if not on] == ([off] if off else [])
