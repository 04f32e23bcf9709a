"""Many photos in one style: the network and the style stay warm from one to the next."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from nst import transfer
from nst.errors import ImageError, NstError
from nst.inputs import StyleImage, preloaded, preloaded_mask
from nst.options import Options
from nst.progress import Progress
from nst.result import Result
from nst.setup import Setup, Sizes
from nst.sources import ImageSource

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    """What came of one of many photos.

    Attributes:
        content: the photo as it was given.
        result: the picture; None if it failed.
        error: why it failed; None if it did not. An `NstError` is a sentence for people.
    """

    content: ImageSource
    result: Result | None = None
    error: Exception | None = None


def stylize_many(
    content_images: Iterable[ImageSource],
    style_image: ImageSource | StyleImage | Sequence[ImageSource | StyleImage],
    options: Options | None = None,
    *,
    mask: ImageSource | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    device: str = "auto",
    **changes: Any,
) -> Iterator[Painted]:
    """Paint many photos in the same style; yield each when it is done.

        photos = sorted(Path("photos").glob("*.jpg"))
        with nst.ProgressBar(len(photos)) as bar:
            for painted in nst.stylize_many(photos, "painting.jpg", size=512, on_progress=bar):
                bar.count()
                if painted.result:
                    painted.result.save(Path("out") / painted.content.name)
                else:
                    print(painted.content, painted.error)

    A photo that fails does not end the rest. Style images and masks are read once, the network and
    the style's statistics are kept, and nothing is held of a photo that was yielded: an endless
    iterator will do. For several styles, call it once for each: the network stays.

    Args:
        content_images: the photos, each as for `nst.stylize`; taken one at a time. Arrays and
            tensors of several photos (photos × height × width × 3, photos × 3 × height × width)
            are taken apart.
        style_image: the style image, or several that are mixed, as for `nst.stylize`.
        options: what to make; the defaults if None.
        mask: of all photos; white is painted.
        on_progress: called after every step of every photo.
        should_stop: asked after every step; True ends the photo as it is, and the rest.
        device: `auto`, `cpu`, `cuda:0` …
        changes: fields of `Options` by name, such as `size=512, preset="draft"`.

    Yields:
        A `Painted` for each photo, in their order.

    Raises:
        TypeError: there is no option of a name in `changes`.
        NstError: at once, for what would spoil every photo: the style images, the mask, the
            options, the weights, the device; or a single photo in place of several.
    """
    options = replace(options or Options(), **changes)
    if isinstance(content_images, str | bytes | os.PathLike | Image.Image):
        raise ImageError("Several photos are a list of them, even where there is only one.")
    styles = preloaded(style_image)
    region = None if mask is None else preloaded_mask(mask)
    Setup.of(Sizes(content=(1, 1)), options, device).encoder()

    def paint(content: ImageSource) -> Painted:
        try:
            result = transfer.stylize(
                content,
                styles,
                options,
                mask=region,
                on_progress=on_progress,
                should_stop=should_stop,
                device=device,
            )
        except Exception as error:
            if not isinstance(error, NstError):
                _log.exception("A photo failed for a reason that nst does not know.")
            return Painted(content=content, error=error)
        return Painted(content=content, result=result)

    return _until_stopped(map(paint, content_images), should_stop or (lambda: False))


def _until_stopped(all_painted: Iterator[Painted], stop: Callable[[], bool]) -> Iterator[Painted]:
    while not stop() and (painted := next(all_painted, None)):
        yield painted
        if painted.result and painted.result.stopped:
            return
