"""Pictures that go for good, with everything that shows them."""

from __future__ import annotations

import logging
from typing import Final

from backend.errors import UserError
from backend.i18n import Text
from backend.jobs.finished import FinishedJobs
from backend.jobs.model import Job
from bot.cards.answers import FAILURES, NOT_NOW, Meaning, meaning_of
from bot.cards.place import CardPlace
from bot.ui.language import Interaction

CARD_STAYS: Final = Text(
    "The picture is deleted here. I cannot reach its card; dismiss it yourself."
)
_LOG = logging.getLogger(__name__)


async def delete_with_card(interaction: Interaction, finished: FinishedJobs, job: Job) -> bool:
    """Delete a picture and all that nobody else needs of it; return whether its card is gone.

    The message that told of it goes, too.

    Raises:
        UserError: Discord does not answer now. Nothing was deleted, so that the card still can be.
    """
    place = CardPlace(interaction.client, job.address, job.token_dies_at)
    why = await _delete(place, job.address.message_id)
    if why is Meaning.OUTAGE:
        raise UserError(NOT_NOW)
    await finished.delete(job.id)
    if job.told_id:
        await _delete(place, job.told_id)
    return why in {None, Meaning.GONE}


async def _delete(place: CardPlace, message_id: int) -> Meaning | None:
    """Take a message away; return why it could not be, if it could not."""
    try:
        await place.through(lambda way: way.delete(message_id))
    except FAILURES as error:
        if (why := meaning_of(error)) is not Meaning.GONE:
            _LOG.info("Message %d could not be deleted.", message_id, exc_info=True)
        return why
    return None
