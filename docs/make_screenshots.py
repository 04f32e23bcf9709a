"""Photograph every state of the bot's card in the local chat's page, with an installed chromium.

python docs/make_screenshots.py [--language de] [--out docs/cards]

The cards are the bot's own (`bot.ui.cards`), posted over the local chat by discord.py; picture and
preview are painted for it. One contact sheet for each theme, on a desktop and on a phone.
"""

from __future__ import annotations

import argparse
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
import yarl
from discord import app_commands
from PIL import Image
from playwright.async_api import Browser

from bot.examples import list_examples
from bot.i18n import Words, load_catalogues, words_for
from bot.jobs.model import Address, Job, JobState, JobStyle, ResultFile, SpooledImage
from bot.jobs.progress import JobUpdate
from bot.localchat import LocalChat, Upload
from bot.ui import cards
from nst import Options, Progress, Result, stylize
from tests.bot.localchat.browser import DESKTOP, PHONE, browser, chromium, page
from tests.chat import connected

HERE: Final = Path(__file__).parent
SIZE: Final = 384
LARGEST: Final = 150_000
GAP: Final = 16
TALL: Final = 1600  # so that no card has to be scrolled
CARD_WIDTH: Final = """message => {
  const rights = [...message.querySelectorAll(".components > *")]
    .map((node) => node.getBoundingClientRect().right);
  return Math.max(...rights) - message.getBoundingClientRect().left + 16;
}"""
COLUMNS: Final = 4
STRENGTHS: Final = (20, 40, 60, 80)

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
    """A painting, and a preview of it half done."""
    previews: list[Image.Image] = []

    def note(progress: Progress) -> None:
        if progress.preview is not None:
            previews.append(progress.preview)

    options = Options(size=SIZE, seed=1)
    result = stylize(photo, style, options, on_progress=note, preview_seconds=0.2, preview_size=320)
    encoded = io.BytesIO()
    previews[len(previews) // 3].save(encoded, "JPEG", quality=85)
    return result, encoded.getvalue()


def paint_strengths(photo: Path, style: Path) -> bytes:
    """Small paintings at four strengths, side by side in two rows."""
    painted = [
        stylize(photo, style, Options(preset="draft", size=SIZE // 2, seed=1, strength=n)).image
        for n in STRENGTHS
    ]
    width, height = painted[0].size
    total = Image.new("RGB", (2 * width, 2 * height))
    for at, image in enumerate(painted):
        total.paste(image, (at % 2 * width, at // 2 * height))
    encoded = io.BytesIO()
    total.save(encoded, "JPEG", quality=88)
    return encoded.getvalue()


def spooled(path: Path, folder: Path, name: str) -> SpooledImage:
    """An example as if somebody had sent it."""
    thumbnail = folder / f"{name}.jpg"
    with Image.open(path) as image:
        small = image.convert("RGB")
    width, height = small.size
    small.thumbnail((320, 320))
    small.save(thumbnail, quality=85)
    return SpooledImage(
        path=path,
        thumbnail=thumbnail,
        filename=path.name,
        sha256="0" * 64,
        width=width,
        height=height,
    )


def make_job(folder: Path, result: Result, photo: Path, style: Path, requester: int) -> Job:
    """A finished job of `requester`."""
    file = folder / "result.jpg"
    result.image.save(file, quality=90)
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
        options=Options(size=SIZE),
        content=spooled(photo, folder, "photo"),
        styles=(JobStyle(image=spooled(style, folder, "style")),),
        max_result_bytes=10_000_000,
        result=ResultFile(
            path=file,
            width=width,
            height=height,
            seconds=7.9,
            steps=90,
            stopped_early=False,
            raw=file,
        ),
    )


def shots(job: Job, preview: bytes, four: bytes, words: Words) -> list[Shot]:
    """Every state a card can be in."""
    if job.result is None:
        raise ValueError("the job is not done")
    options, requester = job.options, job.address.requester_id
    queued = replace(job, state=JobState.QUEUED, result=None)
    running = JobUpdate(
        job=replace(queued, state=JobState.RUNNING),
        fraction=0.41,
        seconds_left=9.0,
        preview=preview,
    )
    stopped = replace(job, result=replace(job.result, stopped_early=True, seconds=3.2))
    failed = replace(queued, state=JobState.FAILED, error=words(NO_MEMORY, size=SIZE))
    sheet_of_four = replace(job, strengths=STRENGTHS)
    private = replace(job, private=True)
    made = {
        "receiving": cards.receiving_card(options, requester, words),
        "refused": cards.refused_card(words(THE_SAME), options, requester, words),
        "queued": cards.job_card(JobUpdate(job=queued, place=3, seconds_left=40.0), words),
        "painting": cards.job_card(running, words),
        "stopping": cards.job_card(replace(running, stopping=True), words),
        "done": cards.job_card(JobUpdate(job=job), words),
        "stopped early": cards.job_card(JobUpdate(job=stopped), words),
        "strength sheet": cards.job_card(JobUpdate(job=sheet_of_four), words),
        "private": cards.job_card(JobUpdate(job=private), words),
        "cancelled": cards.job_card(
            JobUpdate(job=replace(queued, state=JobState.CANCELLED)), words
        ),
        "failed": cards.job_card(JobUpdate(job=failed), words),
        "undeliverable": cards.undeliverable_card(job, words(TOO_LARGE), words),
        "pausing": cards.pausing_card(running, words),
        "interrupted": cards.interrupted_card(options, requester, words),
    }
    files = {name: path.read_bytes() for name, path in cards.input_files(job).items()}
    special = {"strength sheet": {cards.result_name(job): four}}
    files |= {cards.PREVIEW: preview, cards.result_name(job): job.result.path.read_bytes()}
    return [
        Shot(
            name,
            card,
            {file: (files | special.get(name, {}))[file] for file in card.files},
        )
        for name, card in made.items()
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
            await interaction.response.send_message(
                view=self.next.card.view, files=files, ephemeral=self.next.name == "private"
            )

    async def setup_hook(self) -> None:
        """Register the command."""
        await self.tree.sync()


@asynccontextmanager
async def posted(
    chat: LocalChat, made: Sequence[Shot], upload: Upload
) -> AsyncIterator[dict[str, int]]:
    """All cards are in the chat; ids of their messages by name."""
    discord.http.Route.BASE = chat.api_url
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(chat.gateway_url)
    poster = Poster()
    async with connected(poster, chat):
        ids = {}
        for shot in made:
            poster.next = shot
            answer = await chat.person("Ada").run("stylize", {"content": upload})
            ids[shot.name] = answer.response_message_id or 0
        yield ids


# photographing them


async def photograph(
    running: Browser, url: str, ids: dict[str, int], *, size: tuple[int, int], dark: bool
) -> list[Image.Image]:
    """Each card as the page shows it."""
    taken = []
    async with page(running, f"{url}?as=Ada", size=size, dark=dark) as opened:
        await opened.wait_for_function(
            "n => document.querySelectorAll('.message').length === n"
            " && [...document.images].every(image => image.complete)",
            arg=len(ids),
        )
        await opened.set_viewport_size({"width": size[0], "height": TALL})
        if size == PHONE:  # make room: the command panel covers half of a phone
            await opened.locator("#composer").evaluate("node => node.classList.add('collapsed')")
        for message_id in ids.values():
            message = opened.locator(f"#m{message_id}")
            width = await message.evaluate(CARD_WIDTH)
            image = Image.open(io.BytesIO(await message.screenshot())).convert("RGB")
            taken.append(image.crop((0, 0, min(image.width, round(width)), image.height)))
    return taken


def sheet(pictures: Sequence[Image.Image], *, width: int, paper: str) -> Image.Image:
    """All pictures `width` pixels wide, in columns of about the same height."""
    scaled = [
        picture.resize(
            (width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS
        )
        for picture in pictures
    ]
    columns: list[list[Image.Image]] = [[] for _ in range(COLUMNS)]
    for picture in scaled:
        shortest = min(columns, key=lambda column: sum(each.height + GAP for each in column))
        shortest.append(picture)
    tallest = max(sum(picture.height + GAP for picture in column) for column in columns)
    total = Image.new("RGB", (COLUMNS * (width + GAP) + GAP, tallest + GAP), paper)
    for column, pictures_of_it in enumerate(columns):
        top = GAP
        for picture in pictures_of_it:
            total.paste(picture, (GAP + column * (width + GAP), top))
            top += picture.height + GAP
    return total


def save(image: Image.Image, path: Path) -> None:
    """A WebP of at most `LARGEST` bytes, as good as that allows."""
    for quality in range(90, 30, -5):
        image.save(path, quality=quality, method=6)
        if path.stat().st_size <= LARGEST:
            return
    raise ValueError(f"{path.name} cannot be made small enough")


async def shoot(out: Path, language: str) -> None:
    """Paint, post, photograph, save."""
    path = chromium()
    if path is None:
        raise SystemExit("There is no chromium on the PATH; name one in CHROMIUM.")
    examples = {example.name: example.path for example in list_examples()}
    photo, style = examples["Chelsea the cat"], examples["Night wind"]
    result, preview = await asyncio.to_thread(paint, photo, style)
    four = await asyncio.to_thread(paint_strengths, photo, style)
    load_catalogues()
    with TemporaryDirectory() as folder:
        async with LocalChat() as chat, browser(path) as running:
            ada = chat.person("Ada").user
            job = make_job(Path(folder), result, photo, style, ada.id)
            made = shots(job, preview, four, words_for(language))
            upload = Upload("photo.jpg", photo.read_bytes())
            async with posted(chat, made, upload) as ids:
                for device, size, width in (("desktop", DESKTOP, 400), ("phone", PHONE, 300)):
                    for theme, paper in (("light", "#e4dac9"), ("dark", "#000000")):
                        taken = await photograph(
                            running, chat.page_url, ids, size=size, dark=theme == "dark"
                        )
                        save(
                            sheet(taken, width=width, paper=paper),
                            out / f"{device}-{theme}.webp",
                        )


def main() -> None:
    """Read the command line and make the sheets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", default="en-US", help="Discord's name of a language")
    parser.add_argument("--out", type=Path, default=HERE / "cards", help="folder of the sheets")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    discord.utils.setup_logging()
    asyncio.run(shoot(arguments.out, arguments.language))


if __name__ == "__main__":
    main()
