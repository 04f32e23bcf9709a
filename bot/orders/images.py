"""Where the style of an order comes from: uploads, the shelf, or what the person used last."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from backend.errors import ImageRefused, Problems, UserError
from backend.files.store import FileStore, open_kept
from backend.intake import Attachment, Intake, Role, check_pair
from backend.preferences import Preferences
from backend.records import SURPRISES, JobSpec, JobStyle, StoredImage
from backend.shelf import Shelf, ShelfStyle
from backend.tools import ImageTools

MAX_STYLES: Final = 3
SURPRISE: Final = "*"
"""In place of a style's name: a few of the shelf by chance, which may not have such a name."""
_LEAST_WHITE: Final = 0.001
_MOST_STRETCH: Final = 1.05
_MOST_OFFERED: Final = 200  # styles among which a surprise is chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedImages:
    """The pictures that somebody names.

    Attributes:
        styles: uploads, in their order.
        names: styles of the shelf, after the uploads.
        weights: of all styles in this order; empty for equal ones.
    """

    content: Attachment
    styles: Sequence[Attachment] = ()
    names: Sequence[str] = ()
    weights: Sequence[float] = ()
    mask: Attachment | None = None

    @property
    def of_last_style(self) -> bool:
        """Tell whether nobody names a style, so that it is the one that was used last."""
        return not self.styles and not self.names

    def check(self, problems: Problems) -> None:
        """Note what makes no sense, as far as that can be told before the pictures are here."""
        count = len(self.styles) + len(self.names) or 1  # none: the one that was used last
        if count > MAX_STYLES:
            problems.add(UserError("A picture has {limit} styles at most.", limit=MAX_STYLES))
        if self.weights and len(self.weights) != count:
            uneven = UserError(
                "There are {styles} styles but {weights} weights; give one for each, or none.",
                styles=count,
                weights=len(self.weights),
            )
            problems.add(uneven)


@dataclass(frozen=True, slots=True)
class ImageSources:
    """Gets pictures in, from wherever they are."""

    intake: Intake
    shelf: Shelf
    preferences: Preferences
    tools: ImageTools
    files: FileStore

    @asynccontextmanager
    async def gather(
        self, requested: RequestedImages, spec: JobSpec, *, user_id: int, guild_id: int | None
    ) -> AsyncIterator[JobSpec]:
        """Yield the order with all pictures, checked; what nobody has taken afterwards goes.

        Raises:
            UserError: no style, an unknown name, pictures that cannot be used; all of these.
        """
        sent: list[tuple[Attachment, Role]] = [(requested.content, "photo")]
        sent += [(style, "style picture") for style in requested.styles]
        sent += [(requested.mask, "mask")] if requested.mask else []
        most = self.preferences.server(guild_id).max_frames
        problems, received, named = Problems(), list[StoredImage](), list[JobStyle]()
        with problems.noted():
            received = await self.intake.receive_all(sent, user_id, max_frames=most)
        try:
            with problems.noted():
                named = await self._named(requested, user_id, guild_id, private=spec.private)
            problems.check()
            count = len(requested.styles)
            uploads = [JobStyle(image=image) for image in received[1 : 1 + count]]
            spec = replace(
                spec,
                content=received[0],
                styles=_weighted([*uploads, *named], requested.weights),
                mask=received[-1] if requested.mask else None,
            )
            spec = replace(spec, spoiler=spec.spoiler or any(one.spoiler for one in spec.images))
            await self._check(spec)
            yield spec
        finally:
            await self.intake.discard(*received)

    @asynccontextmanager
    async def style(
        self, sent: Attachment, *, user_id: int, guild_id: int | None
    ) -> AsyncIterator[StoredImage]:
        """Yield a picture that may be used as a style; whoever uses it later takes it meanwhile.

        Raises:
            ImageRefused: it cannot be used, or was taken down.
        """
        image = await self.intake.receive(sent, role="style picture", person=user_id)
        try:
            await self.shelf.blocks.check(image, guild_id)
            yield image
        finally:
            await self.intake.discard(image)

    async def _named(
        self, requested: RequestedImages, user_id: int, guild_id: int | None, *, private: bool
    ) -> list[JobStyle]:
        if SURPRISE in requested.names:
            most = SURPRISES - len(requested.styles)
            return [style.for_job() for style in await surprise(self.shelf, guild_id, most=most)]
        if requested.of_last_style:
            return [await self._last(user_id, private=private)]
        return [(await self.shelf.get(guild_id, name)).for_job() for name in requested.names]

    async def _last(self, user_id: int, *, private: bool) -> JobStyle:
        person = await self.preferences.person(user_id)
        if person.last_style is None:
            raise UserError(
                "Which style? Attach a picture as `style`, or choose one from the shelf with "
                "`style_name`."
            )
        if person.last_style_private and not private:  # it was chosen only now
            raise UserError(
                "Only you have seen the picture that is your style. Please give the command once "
                "more with `private`."
            )
        return person.last_style

    async def _check(self, spec: JobSpec) -> None:
        problems = Problems()
        with problems.noted():
            for style in spec.styles:
                check_pair(spec.photo, style.image)
        if mask := spec.mask:
            with problems.noted():
                _check_shape(mask, spec.photo)
            async with open_kept(self.files, [mask.file]) as paths:
                white = await self.tools.white_share(paths[mask.file])
            with problems.noted():
                _check_share(mask, white)
        problems.check()


async def surprise(
    shelf: Shelf, guild_id: int | None, *, but: Collection[str] = (), most: int = SURPRISES
) -> list[ShelfStyle]:
    """Return `most` styles of a shelf by chance, without pictures whose hashes are in `but`."""
    styles = await shelf.search(guild_id, limit=_MOST_OFFERED)
    others = [style for style in styles if style.image.sha256 not in but]
    if len(others) < 2:
        raise UserError("There are too few styles on the shelf; add some with `/style add`.")
    return random.sample(others, min(most, len(others)))


def _check_share(mask: StoredImage, white: float) -> None:
    """Refuse a mask that leaves nothing to paint, or nothing to keep."""
    if white < _LEAST_WHITE:
        raise ImageRefused(
            "Your mask “{name}” is black everywhere, so nothing would be painted. Make white "
            "what is to be painted.",
            name=mask.filename,
        )
    if white > 1 - _LEAST_WHITE:
        raise ImageRefused(
            "Your mask “{name}” is white everywhere, so everything would be painted. Leave the "
            "mask out, or make black what is to stay as it is.",
            name=mask.filename,
        )


def _check_shape(mask: StoredImage, photo: StoredImage) -> None:
    """Refuse a mask that would have to be stretched; another resolution is fine."""
    stretch = mask.width * photo.height / (mask.height * photo.width)
    if not 1 / _MOST_STRETCH <= stretch <= _MOST_STRETCH:
        raise ImageRefused(
            "Your mask “{name}” has another shape than the photo: it has "
            "{mask_width}×{mask_height} px, the photo {width}×{height} px. "
            "Make the mask from a copy of the photo.",
            name=mask.filename,
            mask_width=mask.width,
            mask_height=mask.height,
            width=photo.width,
            height=photo.height,
        )


def _weighted(styles: list[JobStyle], weights: Sequence[float]) -> tuple[JobStyle, ...]:
    if not weights:
        return tuple(styles)
    pairs = zip(styles, weights, strict=True)
    return tuple(replace(style, weight=weight) for style, weight in pairs)
