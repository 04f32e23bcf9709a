"""How a picture came about: timelapse, loss curve, compare sheet, recipe."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

import discord

from bot.cards.recolouring import result_of
from bot.errors import ToolFailed
from bot.i18n import Text, Words, words_for
from bot.jobs.finished import FinishedJobs
from bot.jobs.model import Job
from bot.tools import ImageTools, RenderedFile
from bot.ui.action_buttons import Action
from bot.ui.language import public_locale_of, words_of
from bot.ui.panel import post_button
from bot.ui.recipe import recipe_text
from bot.ui.words import options_line, style_names

_MAX_ALT: Final = 1024
_UNRECORDED: Final = Text("The painting of this picture was not recorded.")
_ON_PLOTS: Final = (
    Text("step"),
    Text("Loss"),
    Text("Style loss by layer"),
    Text("total"),
    Text("content"),
    Text("style"),
    Text("smoothness"),
)


class Exports:
    """Shows them to who asks; a film and a sheet can be posted for everybody afterwards.

    Args:
        finished: finished jobs.
        tools: makes them.
    """

    def __init__(self, *, finished: FinishedJobs, tools: ImageTools) -> None:
        self._finished = finished
        self._tools = tools

    async def film(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """The timelapse, for who asks."""
        await self._film(interaction, job, public=False)

    async def post_film(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """The timelapse, for everybody."""
        await self._film(interaction, job, public=True)

    async def compare(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """Photo, styles and result side by side, for who asks."""
        await self._compare(interaction, job, public=False)

    async def post_compare(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """The same for everybody."""
        await self._compare(interaction, job, public=True)

    async def curve(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """How the losses went down, for who asks."""
        words = words_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        title = options_line(words_for("en"), job.spec.options)
        labels = {title: options_line(words, job.spec.options)}
        labels |= {label.template: words(label) for label in _ON_PLOTS}
        plot = await self._tools.curve(_recording(job), title, labels)
        text = words("How the losses went down while it was painted.")
        await interaction.followup.send(
            text, file=_file(plot, f"losses-{job.id}", text), ephemeral=True
        )

    async def recipe(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """What made it, and what it comes from, for who asks."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        ancestors = await self._finished.ancestors(job)
        recipe = await self._tools.recipe(result_of(job).path)
        words = words_of(interaction)
        await interaction.followup.send(
            recipe_text(words, job, ancestors, recipe), ephemeral=True, suppress_embeds=True
        )

    async def _film(self, interaction: discord.Interaction[Any], job: Job, *, public: bool) -> None:
        words = _words(interaction, public=public)
        await _begin(interaction, public=public)
        film = await self._tools.film(_recording(job), max_bytes=_most(interaction, job))
        text = words("How {person}'s picture was painted", person=_person(job))
        alt = words(
            "A film: “{photo}” becomes a picture in the style of “{style}”",
            photo=job.spec.photo.filename,
            style=style_names(job),
        )
        file = _file(film, f"timelapse-{job.id}", alt, spoiler=job.spec.spoiler)
        await _send(interaction, words, job, file, text, None if public else Action.POSTFILM)

    async def _compare(
        self, interaction: discord.Interaction[Any], job: Job, *, public: bool
    ) -> None:
        words = _words(interaction, public=public)
        await _begin(interaction, public=public)
        sheet = await self._tools.compare(
            job.spec.photo.path,
            [style.image.path for style in job.spec.styles],
            result_of(job).path,
            max_bytes=_most(interaction, job),
        )
        text = words("Before, style and after: {person}'s picture", person=_person(job))
        alt = words(
            "Side by side: the photo “{photo}”, the style “{style}” and the finished picture",
            photo=job.spec.photo.filename,
            style=style_names(job),
        )
        file = _file(sheet, f"compare-{job.id}", alt, spoiler=job.spec.spoiler)
        await _send(interaction, words, job, file, text, None if public else Action.POSTCOMPARE)


def _words(interaction: discord.Interaction[Any], *, public: bool) -> Words:
    return words_for(public_locale_of(interaction)) if public else words_of(interaction)


async def _begin(interaction: discord.Interaction[Any], *, public: bool) -> None:
    if public:  # the button goes: one post is enough
        await interaction.response.edit_message(view=None)
    else:
        await interaction.response.defer(ephemeral=True, thinking=True)


async def _send(
    interaction: discord.Interaction[Any],
    words: Words,
    job: Job,
    file: discord.File,
    text: str,
    post: Action | None,
) -> None:
    if post is None:
        await interaction.followup.send(
            text, file=file, allowed_mentions=discord.AllowedMentions.none()
        )
    else:
        view = post_button(words, job, post)
        await interaction.followup.send(
            text,
            file=file,
            view=view,
            ephemeral=True,
            allowed_mentions=discord.AllowedMentions.none(),
        )


def _most(interaction: discord.Interaction[Any], job: Job) -> int:
    """Return how large a file may be: as for the job, or less where it is shown now."""
    return min(job.spec.max_result_bytes, interaction.filesize_limit)


def _recording(job: Job) -> Path:
    if (recording := result_of(job).recording) is None:
        raise ToolFailed(_UNRECORDED)
    return recording


def _file(made: RenderedFile, name: str, alt: str, *, spoiler: bool = False) -> discord.File:
    return discord.File(
        io.BytesIO(made.data),
        filename=name + made.suffix,
        description=alt[:_MAX_ALT],
        spoiler=spoiler,
    )


def _person(job: Job) -> str:
    return f"<@{job.address.requester_id}>"
