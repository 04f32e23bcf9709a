"""The fullest messages and forms, in every language, within Discord's limits.

https://discord.com/developers/docs/components/reference
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from discord import ui

from backend.files.store import FileKey
from backend.i18n import LANGUAGES, Words, words_for
from backend.intake.names import safe_filename
from backend.jobs.model import Address, Job, JobState, PicturePage
from backend.jobs.progress import JobUpdate
from backend.preferences import ServerSettings
from backend.records import JobSpec, JobStyle, ResultFile, StoredImage
from backend.shelf import ShelfPage, ShelfStyle
from backend.shelf.names import MAX_CREDIT, MAX_NAME
from bot.orders.resolve import SHEET_STRENGTHS
from bot.ui import cards
from bot.ui.about import HELP, about_view, help_page, help_view, privacy_view
from bot.ui.board import board
from bot.ui.buttons import deletion_panel, menu_panel
from bot.ui.mine import PAGE_SIZE as MINE_SIZE
from bot.ui.mine import deletion_view, pictures_view, small_name
from bot.ui.picker import LOOKS, MOST_OWN, SHELF_SIZE, photo_picker, style_picker
from bot.ui.recipe import recipe_text
from bot.ui.settings import settings_view
from bot.ui.shelf import PAGE_SIZE, PENDING_SIZE, list_layout, pending_layout, style_layout
from nst.options import MAX_SEED, MAX_SIZE, Colours, Options, Preset
from nst.text import Text

LONGEST: Final = 2**63 - 1
ROW, BUTTON, SELECT, TEXT, THUMBNAIL, GALLERY = 1, 2, 3, 10, 11, 12
Json = dict[str, Any]


def image() -> StoredImage:
    name = safe_filename("W" * 200 + ".jpeg")
    file = FileKey("x.png")
    return StoredImage(file=file, thumbnail=file, filename=name, sha256="0" * 64, width=8, height=6)


def fullest(state: JobState, **fields: Any) -> Job:
    """Return a job with everything that a card can show of one."""
    given: dict[str, Any] = {
        "id": "1k0zdtv535tg33dd",
        "state": state,
        "address": Address(
            requester_id=LONGEST,
            guild_id=LONGEST,
            channel_id=LONGEST,
            message_id=LONGEST,
            bot_is_member=True,
            interaction_token="x",
            application_id=LONGEST,
        ),
        "options": Options(
            preset=Preset.REFERENCE,
            strength=99,
            size=MAX_SIZE,
            seed=MAX_SEED,
            colours=Colours.COVARIANCE,
        ),
        "content": image(),
        "styles": tuple(JobStyle(image=image(), credit="*" * MAX_CREDIT) for _ in range(3)),
        "mask": image(),
        "max_result_bytes": 10**7,
        "created_at": datetime.now(UTC),
        "alt": "W" * 1024,
        "private": True,
        "spoiler": True,
        "error": "W" * 500,
        "result": ResultFile(
            file=FileKey("x.webp"),
            width=4096,
            height=4096,
            seconds=5_000,
            steps=10**6,
            stopped_early=True,
            raw=FileKey("raw.png"),
            recording=FileKey("recording.zip"),
            notes=(Text("W" * 200),) * 3,
        ),
    }
    both = given | fields
    spec = JobSpec(**{name: both.pop(name) for name in JobSpec.__slots__ if name in both})
    return Job(**both, spec=spec)


DONE: Final = fullest(JobState.DONE)
STYLE: Final = ShelfStyle(
    id="1" * 16,
    guild_id=LONGEST,
    name="*" * MAX_NAME,
    image=image(),
    contributor_id=LONGEST,
    credit="*" * MAX_CREDIT,
    approved=False,
    created_at=None,
)
SETTINGS: Final = ServerSettings(
    max_size=4096,
    max_frames=60,
    jobs_per_person=99,
    jobs_per_server=999,
    preset=Preset.REFERENCE,
    report_channel=LONGEST,
    channels=tuple(LONGEST - n for n in range(25)),
    role_jobs={LONGEST - n: 99 for n in range(25)},
)


def several(**changes: Any) -> Job:
    """Return a job with four versions to choose from."""
    spec = replace(DONE.spec, styles=DONE.spec.styles[:1] * 4, **changes)
    assert DONE.result
    return replace(DONE, spec=spec, result=replace(DONE.result, parts=(DONE.result,) * 4))


def page(size: int) -> ShelfPage:
    return ShelfPage(
        styles=tuple(
            replace(STYLE, id=f"{n:016}", name=f"{n:02}{STYLE.name[2:]}") for n in range(size)
        ),
        number=99,
        pages=200,
        total=10_000,
    )


def views(words: Words) -> dict[str, ui.LayoutView]:
    """Every message layout, as full as it can be."""
    job = fullest(JobState.QUEUED, result=None)
    running = JobUpdate(
        job=fullest(JobState.RUNNING, result=None),
        fraction=0.99,
        seconds_left=9e4,
        preview=b"x",
        stopping=True,
    )
    own = [replace(DONE.spec.photo, sha256=f"{n}" * 64) for n in range(MOST_OWN)]
    jobs = tuple(
        replace(DONE, id=f"1k0zdtv535tg33d{n}", starred_at=DONE.created_at)
        for n in range(MINE_SIZE)
    )
    mine = PicturePage(jobs, number=99, pages=200, total=10_000, starred=True)
    long = words("The host's log says why.") * 10
    commands = {f"</{n:03}{'w' * 29}:{LONGEST}>": "W" * 100 for n in range(60)}
    return {
        "queued": cards.job_card(JobUpdate(job=job, place=999, seconds_left=9e4), words).view,
        "running": cards.job_card(running, words).view,
        "done": cards.job_card(JobUpdate(job=DONE), words).view,
        "sheet": cards.job_card(
            JobUpdate(job=replace(DONE, spec=replace(DONE.spec, strengths=SHEET_STRENGTHS))), words
        ).view,
        "versions": cards.job_card(JobUpdate(job=several(takes=(MAX_SEED,) * 4)), words).view,
        "styles": cards.job_card(JobUpdate(job=several(apart=True)), words).view,
        "failed": cards.job_card(JobUpdate(job=fullest(JobState.FAILED)), words).view,
        "cancelled": cards.job_card(
            JobUpdate(job=fullest(JobState.CANCELLED, error=None)), words
        ).view,
        "pausing": cards.pausing_card(JobUpdate(job=job), words).view,
        "undeliverable": cards.undeliverable_card(job, long, words, kept=True).view,
        "receiving": cards.receiving_card(job.spec, LONGEST, words).view,
        "refused": cards.refused_card(long, job.spec, LONGEST, words).view,
        "interrupted": cards.interrupted_card(job.spec, LONGEST, words).view,
        "collect": cards.collect_card(running, words).view,
        "menu": menu_panel(words, DONE, may_change=True),
        "deletion": deletion_panel(words, DONE),
        "deletion in the list": deletion_view(words, DONE, {small_name(DONE)}, {DONE.id}, "all:9"),
        "settings": settings_view(words, SETTINGS, list(Preset)),
        "shelf": list_layout(words, page(PAGE_SIZE)).view,
        "styles to choose": style_picker(
            words, "1" * 16, page(SHELF_SIZE), own, page(25).styles
        ).view,
        "no styles to choose": style_picker(
            words, "1" * 16, replace(page(0), pages=1, number=0), [], []
        ).view,
        "photos to choose": photo_picker(words, "1" * 16, list(LOOKS), "style", own).view,
        "pending": pending_layout(words, page(PENDING_SIZE)).view,
        "style": style_layout(words, STYLE, words("On the shelf")).view,
        "my pictures": pictures_view(
            words,
            mine,
            [small_name(job) for job in mine.jobs],
            {job.id for job in mine.jobs},
            f"</stylize:{LONGEST}>",
        ),
        "help": help_view(words, f"</stylize:{LONGEST}>", list(HELP)),
        **{f"help: {page}": help_page(words, page, commands) for page in HELP},
        "about": about_view(words, "10.20.30"),
        "privacy": privacy_view(words, 1, 90, f"</my delete:{LONGEST}>", is_screened=True),
    }


def walk(node: Any) -> Iterator[Json]:
    """Every component, what is inside and beside others included."""
    for component in node:
        yield component
        yield from walk(component.get("components", []))
        yield from walk([component[k] for k in ("accessory", "component") if k in component])


def problems(components: list[Json]) -> Iterator[str]:
    """Yield what breaks Discord's limits for a message."""
    found = list(walk(components))
    if len(found) > 40:
        yield f"{len(found)} components"
    length = sum(len(each.get("content", "")) for each in found)
    if length > 4000:
        yield f"{length} characters"
    ids = [each["custom_id"] for each in found if "custom_id" in each]
    if len(ids) != len(set(ids)):
        yield "a custom_id twice"
    for each in found:
        yield from _problems(each)
        yield from _silent_pictures(each)


def _problems(each: Json) -> Iterator[str]:
    limits = {"custom_id": 100, "label": 80, "placeholder": 150, "description": 1024}
    for key, most in limits.items():
        if each.get(key) is not None and not 1 <= len(each[key]) <= most:
            yield f"{key}: {each[key]}"
    if each["type"] == TEXT and not each["content"].strip():
        yield "an empty text"
    if each["type"] == ROW and not 1 <= len(each["components"]) <= 5:
        yield "a row too full"
    if each["type"] == SELECT:
        if not 1 <= len(each["options"]) <= 25:
            yield "a select menu too full"
        for option in each["options"]:
            if not 1 <= len(option["label"]) <= 100:
                yield f"option: {option['label']}"


def _silent_pictures(each: Json) -> Iterator[str]:
    items = each.get("items", [])
    if each["type"] == GALLERY and not 1 <= len(items) <= 10:
        yield "a gallery too full"
    for item in [*items, *([each] if each["type"] == THUMBNAIL else [])]:
        if not 1 <= len(item.get("description") or "") <= 1024:
            yield f"a picture without words, or with too many: {item}"


@pytest.fixture(params=LANGUAGES)
def speech(request: pytest.FixtureRequest) -> Words:
    return words_for(request.param)


async def test_every_message_fits_and_every_picture_has_words(speech: Words) -> None:
    for name, view in views(speech).items():
        components = view.to_components()  # type: ignore[no-untyped-call]
        assert list(problems(components)) == [], name


async def test_buttons_are_read_in_full_on_a_phone(speech: Words) -> None:
    """Discord cuts what does not fit beside the edges of a small phone."""
    for name, view in views(speech).items():
        for each in walk(view.to_components()):  # type: ignore[no-untyped-call]
            if each["type"] == BUTTON and "label" in each:
                assert len(each["label"]) <= 36, (name, each["label"])


async def test_texts_fit_into_a_message(speech: Words) -> None:
    running = [JobUpdate(job=fullest(JobState.RUNNING), fraction=0.999, seconds_left=9e4)] * 50
    waiting = [JobUpdate(job=fullest(JobState.QUEUED), place=999, seconds_left=9e4)] * 50
    assert len(board(running + waiting, LONGEST, speech)) <= 2000
    assert len(recipe_text(speech, DONE, [DONE] * 20, {})) <= 2000


async def test_no_meaning_is_carried_by_the_colour_or_the_bar_alone(speech: Words) -> None:
    """The bar comes with its percentage, each state with a title of its own."""
    titles = set[str]()
    for name, view in views(speech).items():
        if name in {"queued", "running", "done", "sheet", "failed", "cancelled", "pausing"}:
            parts = list(walk(view.to_components()))  # type: ignore[no-untyped-call]
            text = next(part["content"] for part in parts if part["type"] == TEXT)
            titles.add(text.partition("\n")[0])
            if "▰" in text:
                assert speech.percent(0.99) in text
    assert len(titles) == 7


def test_the_check_sees_what_does_not_fit() -> None:
    button = {"type": 2, "custom_id": "x", "label": "W" * 81}
    picture = {"media": {"url": "attachment://x"}, "description": ""}
    message: list[Json] = [
        {"type": TEXT, "content": "W" * 4001},
        {"type": ROW, "components": [button] * 6},
        {"type": GALLERY, "items": [picture] * 11},
    ]
    said = " ".join(problems(message * 5))
    for words in ("components", "characters", "twice", "label", "row", "gallery", "without words"):
        assert words in said
