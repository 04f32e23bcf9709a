from __future__ import annotations

import io

from PIL import Image

from backend.jobs.store import JobStore
from backend.shelf.starters import SIDE, store_starters
from nst.fingerprint import fingerprint


async def test_starters_are_as_they_say(store: JobStore) -> None:
    styles = await store_starters(store.uses)
    assert len(styles) >= 6
    for style in styles:
        data = await store.files.get(style.image.file)
        with Image.open(io.BytesIO(data)) as picture:
            assert picture.size == (SIDE, SIDE)
            assert style.image.fingerprint == fingerprint(picture)
        small = await store.files.get(style.image.thumbnail)
        with Image.open(io.BytesIO(small)) as picture:
            assert max(picture.size) == 256
        assert len(small) < 64_000


async def test_a_missing_or_changed_starter_is_stored_again(store: JobStore) -> None:
    first, second, *_ = [style.image.file for style in await store_starters(store.uses)]
    before = [await store.files.get(key) for key in (first, second)]
    await store.files.delete(first)
    await store.files.put(second, b"of an older version")
    await store_starters(store.uses)
    assert [await store.files.get(key) for key in (first, second)] == before
