"""Every state of the bot's card, as the bot itself makes it, posted over the local chat.

The cards are `bot.ui.cards`'; picture and preview are painted for them. For `make_screenshots.py`.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import discord
from discord import app_commands
from PIL import Image

from backend.examples import list_examples
from backend.files.store import FileKey
from backend.i18n import Words
from backend.jobs.model import Address, Job, JobState
from backend.jobs.progress import JobUpdate
from backend.records import JobSpec, JobStyle, ResultFile, StoredImage
from bot.ui import cards, media
from bot.ui.buttons import CHANGE
from bot.ui.layouts import button
from docs.contact_sheets import Scene
from localchat import LocalChat, Upload
from localchat.discord_py import connected_to, running
from nst import Options, Progress, Result, stylize

SIZE: Final = 384
FRACTION: Final = 0.41  # how far the painting is that is not done

# As the bot says it: they are in its catalogues.
THE_SAME: Final = (
    "Your photo and your style picture are the same file, so there is nothing to paint. "
    "Choose another picture for one of them."
)
NO_MEMORY: Final = (
    "There was not enough memory for a picture of this size ({size} px). Please try a smaller size."
)
TOO_LARGE: Final = "The picture is larger than this server takes. Please ask for a smaller size."


@dataclass(frozen=True, slots=True)
class Shot:
    """One state: its card, and the bytes of the files it shows."""

    name: str
    card: cards.Card
    files: dict[str, bytes]


# the job behind the cards


def paint(photo: Path, style: Path) -> tuple[Result, bytes]:
    """Return a painting, and a preview of it as far as the cards say."""
    previews: list[tuple[float, Image.Image]] = []

    def note(progress: Progress) -> None:
        if progress.preview is not None:
            previews.append((abs(progress.fraction - FRACTION), progress.preview))

    options = Options(size=SIZE, seed=1)
    result = stylize(photo, style, options, on_progress=note, preview_seconds=0.2, preview_size=320)
    encoded = io.BytesIO()
    _, preview = min(previews, key=lambda each: each[0])
    preview.save(encoded, "JPEG", quality=85)
    return result, encoded.getvalue()


def stored(path: Path, folder: Path, name: str) -> StoredImage:
    """Return an example as if somebody had sent it; only its small picture is in the folder."""
    thumbnail = FileKey(f"{name}.jpg")
    with Image.open(path) as image:
        small = image.convert("RGB")
    width, height = small.size
    small.thumbnail((320, 320))
    small.save(folder / thumbnail, quality=85)
    return StoredImage(
        file=FileKey(f"{name}.png"),
        thumbnail=thumbnail,
        filename=path.name,
        sha256="0" * 64,
        width=width,
        height=height,
    )


def make_job(folder: Path, result: Result, photo: Path, style: Path, requester: int) -> Job:
    """Return a finished job of `requester`."""
    file = FileKey("result.jpg")
    result.image.save(folder / file, quality=90)
    width, height = result.image.size
    return Job(
        id="01screenshot",
        state=JobState.DONE,
        created_at=datetime.now(UTC),
        address=Address(
            requester_id=requester,
            guild_id=1,
            channel_id=1,
            message_id=1,
            bot_is_member=True,
            interaction_token="",
            application_id=1,
        ),
        spec=JobSpec(
            options=Options(size=SIZE),
            content=stored(photo, folder, "photo"),
            styles=(JobStyle(image=stored(style, folder, "style")),),
            max_result_bytes=10_000_000,
        ),
        result=ResultFile(
            file=file,
            width=width,
            height=height,
            seconds=7.9,
            steps=90,
            stopped_early=False,
            raw=file,
        ),
    )


def shots(job: Job, folder: Path, preview: bytes, words: Words) -> list[Shot]:
    """Every state a card can be in."""
    if job.result is None:
        raise ValueError("the job is not done")
    spec, requester = job.spec, job.address.requester_id
    queued = replace(job, state=JobState.QUEUED, result=None)
    running = JobUpdate(
        job=replace(queued, state=JobState.RUNNING),
        fraction=FRACTION,
        seconds_left=9.0,
        preview=preview,
    )
    stopped = replace(job, result=replace(job.result, stopped_early=True, seconds=3.2))
    failed = replace(queued, state=JobState.FAILED, error=words(NO_MEMORY, size=SIZE))
    change = [button(words(CHANGE.label), f"order-change:{'0' * 16}")]
    made = {
        "receiving": cards.receiving_card(spec, requester, words),
        "refused": cards.refused_card(words(THE_SAME), spec, requester, words, change),
        "queued": cards.job_card(
            JobUpdate(job=queued, place=3, starts_in=31.0, seconds_left=40.0), words
        ),
        "painting": cards.job_card(running, words),
        "stopping": cards.job_card(replace(running, stopping=True), words),
        "done": cards.job_card(JobUpdate(job=job), words),
        "stopped early": cards.job_card(JobUpdate(job=stopped), words),
        "cancelled": cards.job_card(
            JobUpdate(job=replace(queued, state=JobState.CANCELLED)), words
        ),
        "failed": cards.job_card(JobUpdate(job=failed), words),
        "undeliverable": cards.undeliverable_card(job, words(TOO_LARGE), words, kept=True),
        "to be collected": cards.collect_card(running, words),
        "pausing": cards.pausing_card(running, words),
        "interrupted": cards.interrupted_card(spec, requester, words),
    }
    files = {name: (folder / key).read_bytes() for name, key in media.input_files(job).items()}
    picture = (folder / job.result.file).read_bytes()
    files |= {media.preview_name(preview): preview, media.result_name(job): picture}
    return [
        Shot(name, card, {file: files[file] for file in card.files}) for name, card in made.items()
    ]


# posting them


class Poster(discord.Client):
    """Answers each `/stylize` with the next card."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=0.1)
        self.tree = app_commands.CommandTree(self)
        self.next: Shot | None = None

        @self.tree.command(name="stylize", description="Paint a photo in the style of a picture")
        async def answer(interaction: discord.Interaction, content: discord.Attachment) -> None:
            """Take a photo, which is not looked at."""
            del content
            if self.next is None:
                raise ValueError("there is no card")
            files = [discord.File(io.BytesIO(data), n) for n, data in self.next.files.items()]
            await interaction.response.send_message(view=self.next.card.view, files=files)

    async def setup_hook(self) -> None:
        """Register the command."""
        await self.tree.sync()


@asynccontextmanager
async def card_states(chat: LocalChat, words: Words) -> AsyncIterator[list[Scene]]:
    """Every state is in the chat, posted for Ada."""
    examples = {example.name: example.path for example in list_examples()}
    photo, style = examples["Chelsea the cat"], examples["Night wind"]
    result, preview = await asyncio.to_thread(paint, photo, style)
    with TemporaryDirectory() as folder:
        job = make_job(Path(folder), result, photo, style, chat.person("Ada").user.id)
        made = shots(job, Path(folder), preview, words)
        async with posted(chat, made, Upload("photo.jpg", photo.read_bytes())) as ids:
            here = chat.channel().id
            yield [Scene(shot.name, here, id_) for shot, id_ in zip(made, ids, strict=True)]


@asynccontextmanager
async def posted(chat: LocalChat, made: Sequence[Shot], upload: Upload) -> AsyncIterator[list[int]]:
    """All cards are in the chat, in this order; ids of their messages."""
    poster = Poster()
    with connected_to(chat):
        async with running(poster, chat):
            ids = []
            for shot in made:
                poster.next = shot
                answer = await chat.person("Ada").run("stylize", {"content": upload})
                ids.append(answer.response_message_id or 0)
            yield ids
