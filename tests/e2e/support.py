"""The real bot in the local chat, as the people in it see it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, suppress
from typing import Any, Final

from backend.database.sqlite import SqliteFile
from backend.i18n import LANGUAGES, words_for
from backend.jobs.model import Job
from backend.jobs.store import JobStore
from backend.settings import Settings
from bot.app import running_bot
from bot.connection import ChatServer
from bot.timings import Timings
from localchat import (
    MEMBER_PERMISSIONS,
    Change,
    Interaction,
    LocalChat,
    Message,
    Permission,
    Upload,
)
from localchat.enums import MessageFlag
from tests.corpus.pictures import encoded, quadrants

PAINTER: Final = "tests.e2e.painters:load"
PATIENCE: Final = 120.0
LOOKING: Final = "Looking at your pictures"
_LOOKING_SECONDS: Final = 3.0
REFUSED: Final = "That did not work"
REFUSALS: Final = {words_for(language)(REFUSED) for language in LANGUAGES}
QUICK: Final = Timings(edit=0.5, guilds=0.05, settle=0.5)  # there is one server to wait for

PHOTO: Final = Upload("cat.jpg", encoded(quadrants(size=(160, 120)), "JPEG"), "image/jpeg")
STYLE: Final = Upload("waves.png", encoded(quadrants(size=(96, 96)), "PNG"), "image/png")

Json = dict[str, Any]
Option = str | int | float | bool | Upload


def texts(node: Any) -> list[str]:
    """All text that a message's components show, from top to bottom."""
    if isinstance(node, list):
        return [text for child in node for text in texts(child)]
    own = [node["content"]] if node.get("content") else []
    return own + texts(node.get("components", []))


def title(message: Json) -> str:
    """Return the first line of a card."""
    return next(iter(texts(message["components"])), "").partition("\n")[0].removeprefix("### ")


def gallery(message: Json) -> list[Json]:
    """Return the pictures of a card: `{"media": …, "description": …}`, from top to bottom."""
    return list(_items(message["components"]))


def _items(node: list[Json]) -> Iterator[Json]:
    for component in node:
        yield from component.get("items", [])
        yield from _items(component.get("components", []))


def buttons(message: Json) -> dict[str, Json]:
    """Return the buttons of a card by label."""
    return dict(_buttons(message["components"]))


def _buttons(node: list[Json]) -> Iterator[tuple[str, Json]]:
    for component in node:
        if component["type"] == 2:
            yield component["label"], component
        yield from _buttons(component.get("components", []))


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so, in the chat, in the store, or in a file of another process."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - nobody announces all of these
            await asyncio.sleep(0.02)


class Stage:
    """A local chat, a data folder for the bot, and everything that every message ever showed.

    What is in the data folder already belongs to another test and is not shown.
    """

    def __init__(self, chat: LocalChat, server: ChatServer, settings: Settings) -> None:
        self.chat = chat
        self.server = server
        self.settings = settings
        self.history: dict[int, list[Json]] = {}
        self.previews: dict[int, set[bytes]] = {}
        self._earlier_files = {name: self._files(name) for name in ("spool", "shelf")}
        self._earlier_lines = {
            name: len(self._lines(name)) for name in ("runs", "resumed", "requests")
        }
        chat.on_change(self._listen)

    @asynccontextmanager
    async def bot(self, *, painter: str = PAINTER, timings: Timings = QUICK) -> AsyncIterator[None]:
        """Yield the bot, while the block runs."""
        async with running_bot(self.settings, self.server, painter=painter, timings=timings):
            yield

    @property
    def resumed(self) -> list[str]:
        """Jobs that went on from a checkpoint, and the step at which they did."""
        return self._new_lines("resumed")

    # what people do

    async def stylize(
        self,
        who: str = "Ada",
        content: Upload = PHOTO,
        style: Upload = STYLE,
        *,
        channel: str | int | None = None,
        **options: Option,
    ) -> Card:
        """Run the command; returns its card as soon as it is acknowledged."""
        given: dict[str, Option] = {"content": content, "style": style, "size": 64, **options}
        interaction = await self.chat.person(who).run("stylize", given, channel=channel)
        assert interaction.response_message_id is not None
        card = Card(self, interaction)
        if (self.settings.data_dir / "hold").exists():
            # Whose pictures are looked at first waits first; tests that hold pictures name the one
            # that is painted. Where the chat is in trouble, this may not be shown in time.
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOKING_SECONDS):
                    while title(card.now) == LOOKING:  # noqa: ASYNC110
                        await asyncio.sleep(0.02)
        return card

    async def press(
        self, card: Card, label: str, who: str = "Ada", permissions: Permission = MEMBER_PERMISSIONS
    ) -> str:
        """Press a button of a card; returns what only that person is told."""
        pressed = buttons(card.now)[label]["custom_id"]
        return await self.press_id(card, pressed, who, permissions)

    async def press_id(
        self, card: Card, custom_id: str, who: str, permissions: Permission = MEMBER_PERMISSIONS
    ) -> str:
        """Return the same for a button that may have gone since."""
        person = self.chat.person(who, permissions)
        interaction = await person.press(card.id, custom_id)
        answer = interaction.response_message_id or 0
        await until(lambda: not self.chat.message(answer).flags & MessageFlag.LOADING)
        return self.answer_to(interaction)

    def answer_to(self, interaction: Interaction) -> str:
        """Return the text of an answer that only the person who asked can see."""
        message = self.chat.message(interaction.response_message_id or 0)
        assert message.visible_to == interaction.user.id
        return message.content

    # the painter

    def hold(self, *, silently: bool = True, left: float = 0.0) -> None:
        """Pictures are not finished from now on, unless somebody stops them.

        Args:
            silently: without progress, so that the card is not edited.
            left: seconds that the painter says it still takes.
        """
        word = "" if silently else f"report {left}"
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        (self.settings.data_dir / "hold").write_text(word)

    def release(self) -> None:
        """They are again."""
        (self.settings.data_dir / "hold").unlink()

    @property
    def requests(self) -> list[Json]:
        """What the painter was asked for, in the order in which it finished."""
        return [json.loads(line) for line in self._new_lines("requests")]

    @property
    def runs(self) -> list[tuple[str, int]]:
        """Job and process id of every run so far."""
        return [(job, int(pid)) for job, pid in map(str.split, self._new_lines("runs"))]

    async def until_runs(self, count: int) -> list[tuple[str, int]]:
        """Wait for that many runs to have begun."""
        await until(lambda: len(self.runs) >= count)
        return self.runs

    # what is left behind

    @property
    def spool(self) -> list[str]:
        """Names of the files in the spool."""
        return sorted(self._files("spool") - self._earlier_files["spool"])

    @property
    def shelf(self) -> list[str]:
        """Names of the files of the style shelf."""
        return sorted(self._files("shelf") - self._earlier_files["shelf"])

    def _files(self, folder: str) -> set[str]:
        place = self.settings.data_dir / folder
        return {file.name for file in place.iterdir()} if place.exists() else set()

    def _lines(self, name: str) -> list[str]:
        """Return the lines of a file that the painter writes."""
        file = self.settings.data_dir / name
        return file.read_text().splitlines() if file.exists() else []

    def _new_lines(self, name: str) -> list[str]:
        return self._lines(name)[self._earlier_lines[name] :]

    async def jobs(self, *ids: str) -> list[Job]:
        """Rows of the job store, once the bot has left it."""
        async with JobStore(
            SqliteFile(self.settings.data_dir / "jobs.sqlite"), self.settings.data_dir
        ) as store:
            return [await store.get(job_id) for job_id in ids]

    async def until_delivered(self, job_id: str) -> None:
        """Wait until the store knows that the requester was told."""
        await until(lambda: self._is_delivered(job_id))

    async def until_idle(self) -> None:
        """Let the painter finish, and wait until the bot has nothing left to paint or to bring."""
        (self.settings.data_dir / "hold").unlink(missing_ok=True)
        await until(lambda: self._ask("SELECT count(*) FROM jobs WHERE NOT delivered") == 0)

    def _is_delivered(self, job_id: str) -> bool:
        return bool(self._ask("SELECT delivered FROM jobs WHERE id = ?", job_id))

    def state_of(self, job_id: str) -> str:
        """Return the state that the database has."""
        return str(self._ask("SELECT state FROM jobs WHERE id = ?", job_id))

    async def change(self, statement: str) -> None:
        """Change the tables beside a running bot, which may be writing, and goes on meanwhile."""

        def execute() -> None:
            path = self.settings.data_dir / "jobs.sqlite"
            with closing(sqlite3.connect(path, timeout=60)) as database:
                database.execute(statement)

        await asyncio.to_thread(execute)

    def _ask(self, query: str, *values: str) -> Any:
        # A running bot keeps its store to itself, so this looks at the file.
        with closing(sqlite3.connect(self.settings.data_dir / "jobs.sqlite")) as database:
            return database.execute(query, values).fetchone()[0]

    def replies(self, card: Card) -> list[Json]:
        """Messages below a card that everybody can see."""
        return [
            message
            for message in (states[-1] for states in self.history.values())
            if message.get("message_reference", {}).get("message_id") == str(card.id)
            and not message["flags"] & 64
        ]

    async def until_reply(self, card: Card) -> Json:
        """Wait for the first message below a card."""
        await until(lambda: bool(self.replies(card)))
        return self.replies(card)[0]

    def _listen(self, change: Change, message: Message) -> None:
        if change == "delete":
            return
        self.history.setdefault(message.id, []).append(self.chat.message_json(message))
        shown = [file.path for file in message.attachments if file.filename == "preview.jpg"]
        self.previews.setdefault(message.id, set()).update(path.read_bytes() for path in shown)


class Card:
    """One card and all it has shown."""

    def __init__(self, stage: Stage, interaction: Interaction) -> None:
        self._stage = stage
        self.interaction = interaction
        self.id: int = interaction.response_message_id or 0

    @property
    def states(self) -> list[Json]:
        """All states so far, oldest first; who is refused is told in a message of their own."""
        followups = (self._stage.history.get(each, []) for each in self.interaction.followup_ids)
        refusals = [state for states in followups for state in states if title(state) in REFUSALS]
        return [*self._stage.history[self.id], *refusals]

    @property
    def now(self) -> Json:
        """The present state."""
        return self.states[-1]

    @property
    def text(self) -> str:
        """All words of the present state."""
        return "\n".join(texts(self.now["components"]))

    @property
    def job_id(self) -> str:
        """The job's id, as the buttons carry or carried it."""
        ids = [str(b["custom_id"]) for state in self.states for b in buttons(state).values()]
        return ids[-1].partition(":")[2]

    @property
    def previews(self) -> set[bytes]:
        """The different pictures that it showed while the work went on."""
        return self._stage.previews[self.id]

    @property
    def titles(self) -> list[str]:
        """First lines of all states, without repetitions."""
        seen = [title(state) for state in self.states]
        return [one for at, one in enumerate(seen) if at == 0 or seen[at - 1] != one]

    async def until_still(self) -> None:
        """Wait until it shows the last report of a painter that is held silently."""
        await until(lambda: "75%" in self.text)

    async def until(self, words: str) -> Json:
        """Wait until the first line contains `words`."""
        try:
            await until(lambda: words in title(self.now))
        except TimeoutError:
            raise AssertionError(f"no “{words}”, only {self.titles}: {self.text}") from None
        return self.now
