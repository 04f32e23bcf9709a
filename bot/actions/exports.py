"""How a picture came about: timelapse, loss curve, compare sheet, recipe."""

from __future__ import annotations

import io
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import discord
from discord.utils import MISSING

from backend.errors import ToolFailed
from backend.files.store import FileKey, FileStore, open_kept
from backend.i18n import Text, words_for
from backend.jobs.finished import FinishedJobs
from backend.jobs.model import Job
from backend.records import EncodedImage
from backend.tools import ImageTools, QuickWork, RenderedFile
from bot.actions.posting import check_post, pictures_to_post
from bot.actions.registry import ActionSpec
from bot.cards.recolouring import refilm, result_of
from bot.orders.submit import Orders
from bot.ui.buttons import (
    COMPARE,
    CURVE,
    FILM,
    POST_COMPARE,
    POST_FILM,
    RECIPE,
    STICKER,
    JobButton,
)
from bot.ui.language import Interaction, public_locale_of, words_of
from bot.ui.layouts import below
from bot.ui.recipe import recipe_text
from bot.ui.words import options_line, style_names

_MAX_ALT: Final = 1024
Made = RenderedFile | EncodedImage
_STICKER: Final = (320, 512_000)  # pixels a side, bytes; as Discord takes them
_EMOJI: Final = (128, 256_000)
_ON_PLOTS: Final = {
    "step": Text("step"),
    "Loss": Text("Distance"),
    "Style loss by layer": Text("Distance to the style, from fine strokes to large shapes"),
    "total": Text("in all"),
    "content": Text("to the photo"),
    "style": Text("to the style"),
    "smoothness": Text("roughness"),
    "chroma": Text("specks"),
    "relu1_1": Text("tiny"),
    "relu2_1": Text("small"),
    "relu3_1": Text("medium"),
    "relu4_1": Text("large"),
    "relu5_1": Text("huge"),
}
"""What nst says on its plots, and what people read there."""
_FILM: Final = (
    "timelapse",
    Text("How {person}'s picture was painted"),
    Text("A film: “{photo}” becomes a picture in the style of “{style}”"),
)
_COMPARE: Final = (
    "compare",
    Text("Before, style and after: {person}'s picture"),
    Text("Side by side: the photo “{photo}”, the style “{style}” and the finished picture"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """Shows them to who asks; a film and a sheet can be posted for everybody afterwards."""

    orders: Orders
    finished: FinishedJobs
    tools: ImageTools
    files: FileStore
    quick: QuickWork

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what the buttons do."""
        film = partial(self._show, self._film, *_FILM)
        compare = partial(self._show, self._compare, *_COMPARE)
        return [
            ActionSpec(FILM, partial(film, POST_FILM)),
            ActionSpec(POST_FILM, partial(film, None)),
            ActionSpec(CURVE, self._curve),
            ActionSpec(COMPARE, partial(compare, POST_COMPARE)),
            ActionSpec(POST_COMPARE, partial(compare, None)),
            ActionSpec(RECIPE, self._recipe),
            ActionSpec(STICKER, self._stickers),
        ]

    async def _curve(self, interaction: Interaction, job: Job) -> None:
        words = words_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        title = options_line(words_for("en"), job.spec)
        labels = {title: options_line(words, job.spec)}
        labels |= {label: words(text) for label, text in _ON_PLOTS.items()}
        recording = _recording(job)

        async def draw() -> RenderedFile:
            async with open_kept(self.files, [recording]) as paths:
                return await self.tools.curve(paths[recording], title, labels)

        plot = await self.quick.do(interaction.user.id, (recording, *labels.values()), draw)
        text = words(
            "How the picture came closer to the style while keeping the photo, step by step: the "
            "lower a line, the closer."
        )
        file = _file(plot, f"losses-{job.id}", text)
        await interaction.followup.send(text, file=file, ephemeral=True)

    async def _recipe(self, interaction: Interaction, job: Job) -> None:
        """Tell what made it, and what it comes from."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        ancestors = await self.finished.ancestors(job)
        result = result_of(job).file

        async def read() -> dict[str, Any]:
            async with open_kept(self.files, [result]) as paths:
                return await self.tools.recipe(paths[result])

        recipe = await self.quick.do(interaction.user.id, ("recipe", result), read)
        words = words_of(interaction)
        await interaction.followup.send(
            recipe_text(words, job, ancestors, recipe), ephemeral=True, suppress_embeds=True
        )

    async def _film(self, job: Job, max_bytes: int) -> RenderedFile:
        recording = _recording(job)
        async with open_kept(self.files, [recording]) as paths:
            return await self.tools.film(paths[recording], max_bytes=max_bytes)

    async def _compare(self, job: Job, max_bytes: int) -> Made:
        photo, result = job.spec.photo.file, result_of(job).file
        if result_of(job).frames:
            kinds = (".mp4", ".webp")
            return await refilm(
                self.tools, self.files, job, suffixes=kinds, max_bytes=max_bytes, beside=True
            )
        styles = [style.image.file for style in job.spec.styles]
        async with open_kept(self.files, [photo, *styles, result]) as paths:
            return await self.tools.compare(
                paths[photo], [paths[style] for style in styles], paths[result], max_bytes=max_bytes
            )

    async def _stickers(self, interaction: Interaction, job: Job) -> None:
        """Give who asks a sticker and an emoji, which they can add to a server."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_of(interaction)
        files = []
        for name, (side, most) in (("sticker", _STICKER), ("emoji", _EMOJI)):
            make = partial(self._sticker, job, side, most)
            key = "sticker", side, result_of(job).file
            made = await self.quick.do(interaction.user.id, key, make)
            alt = words(
                "“{photo}” in the style of “{style}”",
                photo=job.spec.photo.filename,
                style=style_names(job),
            )
            files.append(_file(made, f"{name}-{job.id}", alt, spoiler=job.spec.spoiler))
        text = words(
            "A sticker (320 px) and an emoji (128 px), of five seconds at most and with fewer "
            "colours and frames where Discord takes no more. Who may manage expressions adds them "
            "in the settings of the server."
        )
        await interaction.followup.send(text, files=files, ephemeral=True)

    async def _sticker(self, job: Job, side: int, max_bytes: int) -> EncodedImage:
        if result_of(job).frames:
            return await refilm(
                self.tools, self.files, job, suffixes=(".gif",), max_bytes=max_bytes, side=side
            )
        result = result_of(job).file
        async with open_kept(self.files, [result]) as paths:
            return await self.tools.sticker(paths[result], side=side, max_bytes=max_bytes)

    async def _show(
        self,
        render: Callable[[Job, int], Coroutine[Any, Any, Made]],
        name: str,
        text: Text,
        alt: Text,
        post: JobButton | None,
        interaction: Interaction,
        job: Job,
    ) -> None:
        """Show a film or a sheet to who asks, with a button to `post` it; without one, to all."""
        spoiler = job.spec.spoiler
        if post:
            words = words_of(interaction)
            await interaction.response.defer(ephemeral=True, thinking=True)
        else:
            await check_post(self.orders, interaction, job)
            spoiler = spoiler or self.orders.settings(interaction).spoiler
            words = words_for(public_locale_of(interaction))
            await interaction.response.edit_message(view=None)  # one post is enough
        # As large as for the job, or less where it is shown now.
        most = min(job.spec.max_result_bytes, interaction.filesize_limit)
        key = name, result_of(job).file, most
        rendered = await self.quick.do(interaction.user.id, key, partial(render, job, most))
        described = words(alt, photo=job.spec.photo.filename, style=style_names(job))
        with pictures_to_post():
            await interaction.followup.send(
                words(text, person=f"<@{job.address.requester_id}>"),
                file=_file(rendered, f"{name}-{job.id}", described, spoiler=spoiler),
                view=below(post(words, job.id)) if post else MISSING,
                ephemeral=post is not None,
                allowed_mentions=discord.AllowedMentions.none(),
            )


def _recording(job: Job) -> FileKey:
    if (recording := result_of(job).recording) is None:
        raise ToolFailed("The painting of this picture was not recorded.")
    return recording


def _file(made: Made, name: str, alt: str, *, spoiler: bool = False) -> discord.File:
    return discord.File(
        io.BytesIO(made.data),
        filename=name + made.suffix,
        description=alt[:_MAX_ALT],
        spoiler=spoiler,
    )
