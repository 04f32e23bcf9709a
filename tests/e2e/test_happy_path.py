"""One picture, from the command to its delivery."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiofiles
import aiohttp
import pytest
from PIL import Image

from backend.engine.pool import PAINTER
from backend.examples import list_examples
from backend.jobs.model import JobState
from localchat import Upload
from nst import read_recipe
from tests.e2e.playing import NEXT
from tests.e2e.support import PHOTO, QUICK, STYLE, Json, Stage, buttons, gallery, until

DONE = {"Less style", "More style", "Photo's colours", "Another version", "More…"}
DONE |= {"Another style…", "Use this style…", "Four versions"}


@pytest.fixture
async def lively(stage: Stage) -> AsyncIterator[Stage]:
    """Yield a bot that edits its cards often."""
    async with stage.bot(timings=replace(QUICK, edit=0.25)):
        yield stage


async def download(item: Json) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(item["media"]["url"]) as answer:
        assert answer.status == 200
        return await answer.read()


def size_of(picture: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(picture)) as image:
        return image.size


@pytest.mark.smoke
async def test_from_the_command_to_the_picture(lively: Stage) -> None:
    lively.hold(silently=False)
    card = await lively.stylize(strength=70, seed=7)
    assert card.titles[0] == "Looking at your pictures"
    assert (card.interaction.seconds_to_acknowledge or 9) < 1
    await card.until("Painting")
    assert list(buttons(card.now)) == ["Stop and keep", "Cancel", *NEXT]
    job_id = card.job_id
    await until(lambda: len(card.previews) >= 2)
    lively.release()
    final = await card.until("Your picture is ready")
    reply = await lively.until_reply(card)

    assert card.titles[-3:] in (
        ["Looking at your pictures", "Painting", "Your picture is ready"],
        ["Getting ready", "Painting", "Your picture is ready"],
    )
    assert "standard · strength 70 · 64 px · for" in card.text
    assert set(buttons(final)) == DONE
    after, before, style = gallery(final)
    assert after["description"] == "After: “cat.jpg” painted in the style of “waves.png”"
    assert before["description"] == "Before: the photo “cat.jpg”"
    assert style["description"] == "Style: the picture “waves.png”"
    assert after["media"]["url"].partition("?")[0].endswith(f"/stylized-{job_id}.png")
    assert [size_of(await download(item)) for item in gallery(final)] == [
        (64, 48),
        (160, 120),
        (96, 96),
    ]

    ada = card.interaction.user
    assert reply["content"] == f"<@{ada.id}>, your picture is ready."
    assert [user["id"] for user in reply["mentions"]] == [str(ada.id)]
    assert lively.replies(card) == [reply]


async def test_what_is_left_behind(stage: Stage) -> None:
    async with stage.bot():
        card = await stage.stylize()
        await card.until("Painting")
        job_id = card.job_id
        await stage.until_delivered(job_id)
    (job,) = await stage.jobs(job_id)
    assert job.state is JobState.DONE
    assert job.spec.photo.sha256 == hashlib.sha256(PHOTO.data).hexdigest()
    assert job.spec.style.sha256 == hashlib.sha256(STYLE.data).hexdigest()
    assert job.result is not None
    kept = {*job.spec.files, *job.result.files}
    assert {key.removeprefix("spool/") for key in kept} == set(stage.spool)


@pytest.mark.slow
async def test_painted_by_the_real_painter(stage: Stage, tmp_path: Path) -> None:
    photo, style = [
        Upload(path.name, path.read_bytes())
        for kind in ("photo", "style")
        for path in [next(each.path for each in list_examples() if each.kind == kind)]
    ]
    async with stage.bot(painter=PAINTER):
        card = await stage.stylize("Ada", photo, style, preset="draft", size=96, seed=3)
        final = await card.until("Your picture is ready")
        data = await download(gallery(final)[0])
    result = tmp_path / "result.png"
    async with aiofiles.open(result, "wb") as file:
        await file.write(data)
    assert max(size_of(data)) == 96
    recipe = read_recipe(result)
    assert recipe["content"]["sha256"] == hashlib.sha256(photo.data).hexdigest()
    assert recipe["styles"][0]["sha256"] == hashlib.sha256(style.data).hexdigest()
    assert (recipe["options"]["preset"], recipe["options"]["seed"]) == ("draft", 3)
