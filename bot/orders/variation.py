"""What is ordered from a picture that is there: its spec with some changes, for who asks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from backend.errors import FILES_GONE, JobNotFound, UserError
from backend.intake import check_pair
from backend.jobs.model import Job
from backend.records import JobSpec, JobStyle, StoredImage
from bot.orders.submit import Orders
from bot.ui.language import Interaction

ONE_PICTURE: Final[dict[str, Any]] = {"strengths": (), "takes": (), "apart": False}
"""Changes after which it is one picture, in place of several to choose from."""


def variation(orders: Orders, interaction: Interaction, job: Job, **changes: Any) -> JobSpec:
    """Return a job's spec with these fields changed, to be painted from the photo again.

    Raises:
        JobNotFound: it was an order that could not be read.
    """
    if job.spec.content is None:
        raise JobNotFound(FILES_GONE)
    # Of somebody's own private picture a variation is private too.
    private = job.spec.private and interaction.user.id == job.address.requester_id
    spec = replace(
        job.spec,
        max_result_bytes=orders.result_limit(interaction),
        private=private,
        spoiler=job.spec.spoiler or orders.settings(interaction).spoiler,
        parent_id=job.id,
        start_from=None,
    )
    return replace(spec, **changes)


def larger(orders: Orders, interaction: Interaction, size: int) -> int:
    """Return the next larger size; UserError where there is none."""
    largest = orders.settings(interaction).max_size
    if size >= largest:
        raise UserError(
            "It was painted at {size} px already, and {limit} px is the largest size here.",
            size=size,
            limit=largest,
        )
    return min(2 * size, largest)


def with_pictures(
    spec: JobSpec, photo: StoredImage | None = None, style: JobStyle | None = None
) -> JobSpec:
    """Return the spec with another photo, which a mask would not fit, or another style.

    Raises:
        ImageRefused: they are the same picture.
    """
    if photo:
        spec = replace(spec, content=photo, mask=None)
    if style:
        spec = replace(spec, styles=(replace(style, weight=1.0),), apart=False)
    for each in spec.styles:
        check_pair(spec.photo, each.image)
    return replace(spec, spoiler=spec.spoiler or any(image.spoiler for image in spec.images))
