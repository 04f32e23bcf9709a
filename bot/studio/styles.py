"""Where the style of an order comes from: uploads, the shelf, or what the person used last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.darkroom import Darkroom
from bot.errors import ImageRefused, UserError
from bot.intake import Attachment, Intake, check_pair
from bot.jobs.model import JobStyle, SpooledImage
from bot.preferences import Preferences
from bot.shelf import Shelf
from bot.studio.order import Supplies
from bot.studio.pictures import Sent, receive

MAX_STYLES: Final = 3
_LEAST_WHITE: Final = 0.001
_MOST_STRETCH: Final = 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The pictures that somebody names.

    Attributes:
        content: the photo.
        styles: uploads, in their order.
        names: styles of the shelf, after the uploads.
        weights: of all styles in this order; empty for equal ones.
        mask: white where to paint.
    """

    content: Attachment
    styles: Sequence[Attachment] = ()
    names: Sequence[str] = ()
    weights: Sequence[float] = ()
    mask: Attachment | None = None

    def check(self) -> None:
        """Whether it makes sense, as far as that can be told before the pictures are here.

        Raises:
            UserError: too many styles, or not a weight for each.
        """
        count = len(self.styles) + len(self.names) or 1  # none: the one that was used last
        if count > MAX_STYLES:
            raise UserError("A picture has {limit} styles at most.", limit=MAX_STYLES)
        if self.weights and len(self.weights) != count:
            raise UserError(
                "There are {styles} styles but {weights} weights; give one for each, or none.",
                styles=count,
                weights=len(self.weights),
            )


class Wardrobe:
    """Gets pictures in, from wherever they are.

    Args:
        intake: for uploads.
        shelf: for names.
        preferences: knows what somebody used last.
        darkroom: looks at masks.
    """

    def __init__(
        self, intake: Intake, shelf: Shelf, preferences: Preferences, darkroom: Darkroom
    ) -> None:
        self._darkroom = darkroom
        self._intake = intake
        self._shelf = shelf
        self._preferences = preferences

    async def gather(self, wanted: Wanted, *, user_id: int, guild_id: int | None) -> Supplies:
        """All pictures, checked.

        Raises:
            UserError: no style, an unknown name, or a picture that cannot be used.
        """
        named = await self._named(wanted, user_id, guild_id)
        sent: list[Sent] = [(wanted.content, "photo")]
        sent += [(style, "style picture") for style in wanted.styles]
        sent += [(wanted.mask, "mask")] if wanted.mask else []
        received = await receive(self._intake, sent)
        try:
            count = len(wanted.styles)
            uploads = [JobStyle(image=image) for image in received[1 : 1 + count]]
            supplies = Supplies(
                content=received[0],
                styles=_weighted([*uploads, *named], wanted.weights),
                mask=received[-1] if wanted.mask else None,
                received=tuple(received),
            )
            await self._check(supplies)
        except BaseException:
            await self._intake.discard(*received)
            raise
        return supplies

    async def receive_style(self, style: Attachment, guild_id: int | None) -> SpooledImage:
        """One picture to be used as a style later; the caller discards it.

        Raises:
            ImageRefused: it cannot be used, or was taken down.
        """
        (image,) = await receive(self._intake, [(style, "style picture")])
        try:
            await self._shelf.check(image, guild_id)
        except BaseException:
            await self._intake.discard(image)
            raise
        return image

    async def discard(self, image: SpooledImage) -> None:
        """Remove what `receive_style` got in."""
        await self._intake.discard(image)

    async def _named(self, wanted: Wanted, user_id: int, guild_id: int | None) -> list[JobStyle]:
        named = [(await self._shelf.get(guild_id, name)).for_job() for name in wanted.names]
        if not named and not wanted.styles:
            last = (await self._preferences.person(user_id)).last_style
            if last is None:
                raise UserError(
                    "Which style? Attach a picture as `style`, or choose one of the shelf with "
                    "`style_name`."
                )
            named = [last]
        return named

    async def _check(self, supplies: Supplies) -> None:
        for style in supplies.styles:
            check_pair(supplies.content, style.image)
        if supplies.mask:
            _check_shape(supplies.mask, supplies.content)
        if supplies.mask and await self._darkroom.white_share(supplies.mask) < _LEAST_WHITE:
            raise ImageRefused(
                "Your mask “{name}” is black everywhere, so nothing would be painted. Make white "
                "what is to be painted.",
                name=supplies.mask.filename,
            )


def _check_shape(mask: SpooledImage, photo: SpooledImage) -> None:
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
    return tuple(
        replace(style, weight=weight) for style, weight in zip(styles, weights, strict=True)
    )
