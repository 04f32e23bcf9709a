"""Many people at once for minutes, while everything around the bot goes wrong now and then.

    python -m benchmarks.soak --jobs 500 --people 50 --servers 5

```
 this process: the local chat, the people, the mischief         judges cards, order, times
      │ gateway, REST, CDN over loopback
 a child: the real bot, a clock on its loop, its memory ── two workers with a quick painter
```
Each person keeps two commands going until they have sent their share. Meanwhile edits are refused
with 429, 500, 503 and 413, answers are late, websockets drop, links of attachments expire, workers
are killed, and one file in ten is slow to open. Exits with 1 unless every command comes to an
explained end, and the figures are within their limits.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from backend.examples import list_examples
from benchmarks.acknowledgement import MAX_ACKNOWLEDGEMENT, MAX_BLOCK
from benchmarks.fairness import jain
from benchmarks.fates import FATES, PAINTED, UNANSWERED, fates, line
from benchmarks.soaked import SoakedBot
from bot.local_chat import CHAT
from localchat import (
    DiscordLimits,
    Dispatch,
    Fault,
    Interaction,
    LocalChat,
    NotAcknowledged,
    Upload,
)

LANES: Final = 2  # commands that one person keeps going
MIN_FAIRNESS: Final = 0.95
MAX_GROWTH: Final = 0.1
PATIENCE: Final = 600.0
EDIT: Final = r"^/(channels|webhooks)/.*/messages/\d+$"
MISCHIEF_SECONDS: Final = 1.0
EXPIRED_SHARE: Final = 0.02


@dataclass(slots=True)
class Verdict:
    """What is left at the end.

    Attributes:
        fates: how many commands came to which end.
        mischief: what was done to the bot, how often.
        wrong: everything that must not be, in words.
        acknowledgements: seconds from each command to its first answer.
        fairness: Jain's index over the pictures that people had got when the first was through.
        seconds: how long it took.
        bot: what the bot's own process measured (`benchmarks.soaked`).
    """

    fates: Counter[str] = field(default_factory=Counter)
    mischief: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    acknowledgements: list[float] = field(default_factory=list)
    fairness: float = 1.0
    seconds: float = 0.0
    bot: dict[str, Any] = field(default_factory=dict)


class Crowd:
    """People who ask again as soon as one of their pictures is there.

    Args:
        chat: where they are; each of them in a channel of their own.
        people: how many.
        servers: over how many servers they are spread.
        each: how many commands each of them sends.
    """

    def __init__(self, chat: LocalChat, people: int, servers: int, each: int) -> None:
        self._chat = chat
        self._each = each
        self._channels = {}
        guilds = [chat.add_guild(f"server {number}", ()) for number in range(servers)]
        for number in range(people):
            channel = chat.add_channel(f"easel-{number}", guild=guilds[number % servers])
            self._channels[f"person {number}"] = channel.id
        self._pictures = [
            Upload(example.path.name, example.path.read_bytes(), "image/jpeg")
            for kind in ("photo", "style")
            for example in [next(each for each in list_examples() if each.kind == kind)]
        ]
        self.sent: list[Interaction] = []
        self.ended: Counter[str] = Counter()
        self.painted: Counter[str] = Counter()
        self.fairness: float | None = None

    async def run(self) -> None:
        """Send everything, and wait until all of it has come to an end."""
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            for number, person in enumerate(self._channels):
                shares = [
                    self._each // LANES + (lane < self._each % LANES) for lane in range(LANES)
                ]
                for share in shares:
                    group.create_task(self._lane(person, share, number * 0.02))

    async def _lane(self, person: str, count: int, pause: float) -> None:
        content, style = self._pictures
        await asyncio.sleep(pause)
        for _ in range(count):
            options: dict[str, str | int | float | bool | Upload]
            options = {"content": content, "style": style, "size": 128}
            try:
                interaction = await self._chat.person(person).run(
                    "stylize", options, channel=self._channels[person]
                )
            except NotAcknowledged as error:
                interaction = error.interaction
            self.sent.append(interaction)
            if interaction.response_message_id:
                await self._until_final(interaction.response_message_id)
                self.painted[person] += line(self._chat, interaction.response_message_id) == PAINTED
            self.ended[person] += 1
            # Painting is what the queue divides: a command that the bot never heard of, or whose
            # pictures had expired, took no turn.
            if self.fairness is None and self.ended[person] == self._each:
                self.fairness = jain([self.painted[each] for each in self._channels])

    async def _until_final(self, card: int) -> None:
        while line(self._chat, card) not in FATES:  # noqa: ASYNC110 - a hundred lanes look
            await asyncio.sleep(0.1)


class Mischief:
    """What goes wrong around the bot."""

    def __init__(self, chat: LocalChat, bot: SoakedBot, chance: random.Random) -> None:
        self._chat = chat
        self._bot = bot
        self._chance = chance
        self.done: Counter[str] = Counter()
        chat.on_dispatch(self._expire)

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Something goes wrong about every second while the block runs."""
        task = asyncio.create_task(self._keep_on())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _keep_on(self) -> None:
        page_actions: dict[str, tuple[int, Callable[[], Awaitable[None]]]] = {
            "edits refused with 429": (6, lambda: self._refuse(429)),
            "edits refused with 500": (4, lambda: self._refuse(500)),
            "edits refused with 503": (4, lambda: self._refuse(503)),
            "edits refused with 413": (2, lambda: self._refuse(413)),
            "late answers": (4, self._delay),
            "dropped websockets": (1, self._drop),
            "killed workers": (2, self._kill_worker),
        }
        names, weights = list(page_actions), [weight for weight, _ in page_actions.values()]
        while True:
            await asyncio.sleep(self._chance.uniform(0, 2 * MISCHIEF_SECONDS))
            name = self._chance.choices(names, weights)[0]
            await page_actions[name][1]()
            self.done[name] += 1

    async def _refuse(self, status: int) -> None:
        self._strike(Fault(status=status, retry_after=0.5, method="PATCH", path=EDIT))

    async def _delay(self) -> None:
        self._strike(Fault(delay=1.0, method="PATCH", path=EDIT))

    def _strike(self, fault: Fault) -> None:
        # Faults that wait for an edit would pile up while the last cards pause between their tries.
        self._chat.faults.start(fault, times=1, seconds=2 * MISCHIEF_SECONDS)

    async def _drop(self) -> None:
        await self._chat.drop_gateway(4000, forget_sessions=self._chance.random() < 0.5)

    async def _kill_worker(self) -> None:
        self._bot.signal_worker(self._chance, signal.SIGKILL)

    def _expire(self, event: Dispatch) -> None:
        if event.name != "INTERACTION_CREATE" or self._chance.random() > EXPIRED_SHARE:
            return
        resolved = event.data.get("data", {}).get("resolved", {}).get("attachments", {})
        for attachment in resolved:
            self._chat.expire_link(int(attachment))
            self.done["expired links"] += 1


async def measure(*, jobs: int, people: int, servers: int, seed: int, folder: Path) -> Verdict:
    """Let it all happen; `folder` is for the bot's data and its log."""
    chance = random.Random(seed)
    began = time.monotonic()
    async with LocalChat(config=CHAT, limits=DiscordLimits(identify_seconds=0)) as chat:
        crowd = Crowd(chat, people, servers, jobs // people)
        async with SoakedBot(chat, folder) as bot:
            mischief = Mischief(chat, bot, chance)
            async with mischief.going_on():
                await crowd.run()
            await _until_told(chat, crowd)
            figures = await bot.leave()
        return _judge(chat, crowd, mischief, time.monotonic() - began, figures)


async def _until_told(chat: LocalChat, crowd: Crowd) -> None:
    with contextlib.suppress(TimeoutError):  # then the verdict says what is missing
        async with asyncio.timeout(PATIENCE):
            while any(fate.fault for fate in fates(chat, crowd.sent)):  # noqa: ASYNC110
                await asyncio.sleep(0.2)


def _judge(
    chat: LocalChat, crowd: Crowd, mischief: Mischief, seconds: float, figures: dict[str, Any]
) -> Verdict:
    verdict = Verdict(seconds=seconds, bot=figures, mischief=mischief.done)
    for fate in fates(chat, crowd.sent):
        if fate.fault:
            verdict.wrong.append(fate.fault)
        else:
            verdict.fates[fate.words] += 1
    verdict.acknowledgements = sorted(
        interaction.seconds_to_acknowledge
        for interaction in crowd.sent
        if interaction.seconds_to_acknowledge is not None
    )
    verdict.fairness = crowd.fairness or 0.0
    return verdict


def failings(verdict: Verdict) -> list[str]:
    """Which limits were not kept, in words."""
    memory = verdict.bot["memory_mb"]
    early, late = (statistics.median(part) for part in (memory[1:3], memory[-2:]))
    found = list(verdict.wrong)
    if verdict.fairness < MIN_FAIRNESS:
        found.append(f"fairness {verdict.fairness:.3f} is below {MIN_FAIRNESS}")
    if percentile(verdict.acknowledgements, 0.99) > MAX_ACKNOWLEDGEMENT:
        found.append("acknowledgements took longer than a second")
    if late > early * (1 + MAX_GROWTH):
        found.append(f"the bot's memory grew from {early:.0f} to {late:.0f} MB")
    if verdict.bot["longest_block"] >= MAX_BLOCK:
        found.append(f"the loop stood still for {verdict.bot['longest_block'] * 1000:.0f} ms")
    return found


def percentile(ordered: list[float], share: float) -> float:
    """Return the value below which this share of the ordered values lies."""
    return ordered[min(len(ordered) - 1, round(share * len(ordered)))] if ordered else 0.0


def show(verdict: Verdict) -> None:
    """Print the tables."""
    print(f"{sum(verdict.fates.values()) + len(verdict.wrong)} commands in {verdict.seconds:.0f} s")
    for words, count in verdict.fates.most_common():
        print(f"  {count:5}  {words}")
    for words, count in verdict.mischief.most_common():
        print(f"  {count:5}  ({words})")
    acknowledged = verdict.acknowledgements
    print(f"fairness over people       {verdict.fairness:8.3f}  (at least {MIN_FAIRNESS})")
    for name, share in (("median", 0.5), ("p99", 0.99), ("worst", 1.0)):
        value = percentile(acknowledged, share) * 1000
        print(f"acknowledgement, {name:9} {value:8.0f} ms")
    print(f"loop, longest block        {verdict.bot['longest_block'] * 1000:8.0f} ms")
    print(f"loop, most work at a time  {verdict.bot['longest_work'] * 1000:8.0f} ms")
    print("memory of the bot, MB      " + " ".join(f"{mb:.0f}" for mb in verdict.bot["memory_mb"]))
    if unanswered := verdict.fates[UNANSWERED]:
        print(f"{unanswered} commands came while the websocket was down")
    for words, count in Counter(failings(verdict)).items():
        print(f"WRONG: {count} × {words}")


def main() -> int:
    """Measure, print, and judge; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--servers", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1, help="of the mischief")
    parser.add_argument("--keep", type=Path, help="folder for the bot's data and log")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        verdict = asyncio.run(
            measure(
                jobs=arguments.jobs,
                people=arguments.people,
                servers=arguments.servers,
                seed=arguments.seed,
                folder=folder,
            )
        )
    show(verdict)
    return int(bool(failings(verdict)))


if __name__ == "__main__":
    sys.exit(main())
