"""What `/queue` says, within the length of a message."""

from __future__ import annotations

from datetime import UTC, datetime

from backend.files.store import FileKey
from backend.i18n import words_for
from backend.jobs.model import Address, Job, JobState
from backend.jobs.progress import JobUpdate
from backend.records import JobSpec, JobStyle, StoredImage
from bot.ui import board as boards
from nst.options import MAX_SIZE, Options, Preset

ADA, BOB = 2**63 - 1, 2**63 - 2
PICTURE = StoredImage(
    file=FileKey("x"), thumbnail=FileKey("x"), filename="secret.jpg", sha256="", width=8, height=6
)


def board(updates: list[JobUpdate], reader_id: int) -> str:
    return boards.board(updates, reader_id, words_for("en-US"))


def update(
    state: JobState,
    *,
    place: int | None = None,
    left: float | None = None,
    starts: float | None = None,
    person: int = ADA,
    guild: int | None = 2**63 - 1,
) -> JobUpdate:
    address = Address(
        requester_id=person,
        guild_id=guild,
        channel_id=2**63 - 1,
        message_id=2**63 - 1,
        bot_is_member=True,
        interaction_token="x",
        application_id=4,
    )
    job = Job(
        id="0abc",
        state=state,
        address=address,
        spec=JobSpec(
            options=Options(preset=Preset.REFERENCE, size=MAX_SIZE),
            content=PICTURE,
            styles=(JobStyle(image=PICTURE),),
            max_result_bytes=1,
        ),
        created_at=datetime.now(UTC),
    )
    return JobUpdate(job=job, place=place, seconds_left=left, starts_in=starts, fraction=0.254)


def test_nothing_to_do() -> None:
    assert board([], ADA).startswith("Nothing is being painted")


def test_one_is_painted_and_one_waits() -> None:
    words = board(
        [
            update(JobState.RUNNING, left=20),
            update(JobState.QUEUED, place=1, left=100, person=BOB, guild=None),
        ],
        BOB,
    )
    link = f"https://discord.com/channels/@me/{2**63 - 1}/{2**63 - 1}"
    assert words == (
        "**Being painted:**\n"
        "- reference · 4096 px · 25% · ready in about 20 s\n"
        "**Waiting:** 1\n"
        "**Yours:**\n"
        f"- [your card]({link}) · reference · 4096 px · place 1 · ready in about 2 min"
    )


def test_the_first_moment_of_a_job() -> None:
    words = board([update(JobState.QUEUED)], ADA)
    assert "**Being painted:**\n- nothing yet\n**Waiting:** 1\n" in words
    assert words.endswith("· reference · 4096 px · waiting")


def test_the_longest_queue_fits_into_a_message_and_names_no_file() -> None:
    many = [update(JobState.RUNNING, left=5000)] * 40
    many += [
        update(JobState.QUEUED, place=place, left=50_000, starts=40_000) for place in range(1, 1001)
    ]
    words = board(many, ADA)
    assert len(words) <= 2000
    assert "- … and 34 more\n**Waiting:** 1000\n" in words
    assert words.endswith("- … and 1034 more")
    assert "secret" not in words
