"""What the buttons of a card do before its picture is finished: stop, cancel, collect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from backend.i18n import Text
from backend.jobs.model import Job, JobState
from backend.jobs.queue import JobQueue
from bot.actions.explain import whisper
from bot.actions.registry import ActionSpec
from bot.actions.rights import check_may_stop, check_requester
from bot.cards.updater import CardUpdater
from bot.orders.acknowledgement import patiently
from bot.ui.buttons import CANCEL, COLLECT, STILL, STOP
from bot.ui.language import Interaction, words_of

_STOPPING: Final = Text("Stopping. The picture as it is now will be here in a moment.")
_STILL: Final = Text("One frame is painted now, as a picture.")
_CANCELLED: Final = Text("Cancelled. Its card can paint it again, or delete it.")


@dataclass(frozen=True, slots=True)
class RunningActions:
    """Ends jobs, and takes presses as leave to change their cards again.

    Where the bot is not a member, it changes a card through the interaction's token, which dies
    after 15 minutes. A press of a button brings a fresh one:
    https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages
    """

    jobs: JobQueue
    updater: CardUpdater

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what the buttons do."""
        always = partial(ActionSpec, states=tuple(JobState))
        return [
            always(STOP, partial(self._end, self.jobs.stop, _STOPPING), may=check_may_stop),
            always(CANCEL, partial(self._end, self.jobs.cancel, _CANCELLED), may=check_may_stop),
            always(STILL, partial(self._end, self.jobs.take_still, _STILL), may=check_may_stop),
            always(COLLECT, self._collect, may=check_requester),
        ]

    async def _end(
        self,
        end: Callable[[str], Awaitable[object]],
        said: Text,
        interaction: Interaction,
        job: Job,
    ) -> None:
        is_stale = job.state.is_final and _is_on_card(interaction, job)  # its end never came there
        if is_stale or (is_behind_token(interaction, job) and not job.delivered):
            await self._collect(interaction, job)  # maybe the bot was away when its token died
        if job.state.is_final:
            said = Text("This picture is finished already.")
        else:
            await patiently(interaction, end(job.id))
        await whisper(interaction, words_of(interaction)(said))

    async def _collect(self, interaction: Interaction, job: Job) -> None:
        """Show how far the job is, or its outcome, on the card that was pressed."""
        await interaction.response.defer()
        await self.updater.collect(job, interaction.token)


def is_behind_token(interaction: Interaction, job: Job) -> bool:
    """Tell whether a press was on the job's card, and only interactions' tokens reach that."""
    return not job.address.bot_is_member and _is_on_card(interaction, job)


def _is_on_card(interaction: Interaction, job: Job) -> bool:
    on = interaction.message
    return on is not None and on.id == job.address.message_id
