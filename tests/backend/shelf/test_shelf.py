from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import insert

from backend.database.tables import STYLES
from backend.errors import ImageRefused, JobNotFound, StyleNotFound, StyleRefused
from backend.examples import list_examples
from backend.files.uses import UPLOADS, FileUses, UseChange
from backend.jobs.model import Address, NewJob
from backend.jobs.store import JobStore
from backend.records import JobSpec
from backend.shelf import Shelf, ShelfStyle
from backend.shelf.names import name_key
from nst.options import Options
from tests.backend.shelf.conftest import Pictures

HERE, THERE = 100, 200
ADA, BOB = 1, 2
LOOK, NEARLY, OTHER = "00112233445566ff", "00112233445566f0", "ffddbbaa00110000"
STARTERS = [example.name for example in list_examples() if example.kind == "style"]


async def _add(shelf: Shelf, name: str, image_number: int, picture: Pictures) -> ShelfStyle:
    return await shelf.add(HERE, name, await picture(image_number), contributor_id=ADA)


async def test_what_is_added_can_be_found(shelf: Shelf, store: JobStore, picture: Pictures) -> None:
    image = await picture(fingerprint=LOOK)
    added = await shelf.add(
        HERE, "  Great\x00 \t wave\u202e ", image, contributor_id=ADA, credit=" Hokusai "
    )
    assert (added.name, added.credit, added.contributor_id) == ("Great wave", "Hokusai", ADA)
    found = await shelf.get(HERE, "GREAT WAVE")
    assert found == added == await shelf.by_id(added.id)
    assert found.image.sha256 == image.sha256
    assert found.image.filename == "Great wave"
    await store.uses.discard(UPLOADS, image.files)  # as whoever received it does
    assert await store.files.get(found.image.file) == b"picture 1"
    assert await store.files.get(found.image.thumbnail) == b"thumbnail 1"
    assert found.for_job(weight=2.0).credit == "Hokusai"


async def test_each_server_has_a_shelf_of_its_own(shelf: Shelf, picture: Pictures) -> None:
    await _add(shelf, "Wave", 1, picture)
    with pytest.raises(StyleNotFound):
        await shelf.get(THERE, "Wave")
    with pytest.raises(StyleNotFound):
        await shelf.get(None, "Wave")
    assert [style.name for style in await shelf.search(THERE)] == STARTERS
    await shelf.add(THERE, "Wave", await picture(1), contributor_id=BOB)


async def test_starter_styles_are_everywhere_and_stay(shelf: Shelf, picture: Pictures) -> None:
    starter = await shelf.get(None, "night WIND")
    assert starter.is_starter
    assert starter == await shelf.get(HERE, "Night wind")
    assert len(starter.image.sha256) == 64
    with pytest.raises(StyleRefused, match="already"):
        await _add(shelf, "Night Wind", 1, picture)
    with pytest.raises(StyleRefused, match="starter style"):
        await shelf.remove(starter)
    with pytest.raises(StyleRefused, match="starter style"):
        await shelf.rename(starter, "Mine")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("\x00\x1b\u200b", "at least one letter"),
        ("…!?", "among them"),
        ("!?!", "at least one letter"),
        ("<@123456789012345678>", "among them"),
        ("hello @everyone", "among them"),
        ("**bold**", "among them"),
        ("[a](https://example.org)", "among them"),
        ("x" * 41, "40 at most"),
    ],
)
async def test_names_that_are_refused(
    shelf: Shelf, picture: Pictures, name: str, words: str
) -> None:
    with pytest.raises(StyleRefused, match=words) as refusal:
        await _add(shelf, name, 1, picture)
    assert "<@" not in str(refusal.value)
    assert [style.name for style in await shelf.search(HERE)] == STARTERS


@pytest.mark.slow
async def test_duplicates_are_refused(shelf: Shelf, picture: Pictures) -> None:
    await _add(shelf, "Straße", 1, picture)
    for same in ("straße", "STRASSE", "Ｓtraße"):
        with pytest.raises(StyleRefused, match="called “Straße”"):
            await _add(shelf, same, 2, picture)
    with pytest.raises(StyleRefused, match="on the shelf already, as “Straße”"):
        await _add(shelf, "Another", 1, picture)


async def test_a_full_shelf_says_so(shelf: Shelf, picture: Pictures) -> None:
    for number in range(3):
        await _add(shelf, f"Style {number}", number, picture)
    with pytest.raises(StyleRefused, match="holds 3 styles"):
        await _add(shelf, "One more", 9, picture)
    await shelf.remove(await shelf.get(HERE, "Style 0"))
    await _add(shelf, "One more", 9, picture)


async def test_search_begins_with_the_beginning(shelf: Shelf, picture: Pictures) -> None:
    await _add(shelf, "The window", 1, picture)
    await _add(shelf, "Wind 100+ (new)", 2, picture)
    assert [style.name for style in await shelf.search(HERE, "WIND")] == [
        "Wind 100+ (new)",
        "The window",
        "Night wind",
    ]
    assert [style.name for style in await shelf.search(HERE, "100+")] == ["Wind 100+ (new)"]
    assert await shelf.search(HERE, "0_%") == []
    assert [style.name for style in await shelf.search(HERE, " The\u200b\x00  W")] == ["The window"]
    assert (await shelf.find(HERE, "\u202ethe\x00 window\n")).name == "The window"
    for long in ("\ufdfa" * 6000, "%" * 6000, "x" * 60_000):  # the first: 18 letters each
        assert await shelf.search(HERE, long) == []
    assert len(await shelf.search(HERE, "", limit=4)) == 4


@pytest.mark.slow
async def test_ten_thousand_styles(shelf: Shelf, store: JobStore, picture: Pictures) -> None:
    names = [f"Style {number:05}" for number in range(10_000)]
    rows = [
        {
            "id": f"{number:016}",
            "guild_id": HERE,
            "name": name,
            "name_key": name_key(name),
            "file": f"shelf/{number:032}.png",
            "thumbnail": f"shelf/{number:032}.jpg",
            "sha256": f"{number:064}",
            "fingerprint": f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}",
            "width": 8,
            "height": 8,
            "contributor_id": ADA,
            "credit": "",
            "approved": True,
            "created_at": datetime.now(UTC),
        }
        for number, name in enumerate(names)
    ]
    async with store.database.write() as connection:
        await connection.execute(insert(STYLES), rows)
    assert [style.name for style in await shelf.search(HERE, "9999")] == ["Style 09999"]
    assert [style.name for style in await shelf.search(HERE, "style")] == names[:25]
    last = await shelf.page(HERE, 10**9, size=9)
    assert (last.total, last.pages, last.number) == (10_008, 1112, 1111)
    assert [style.name for style in last.styles] == ["Style 09999", *STARTERS]
    gone = await shelf.take_down(
        await picture(77, fingerprint=rows[4321]["fingerprint"]), guild_id=None, asked_by=None
    )
    assert "Style 04321" in [style.name for style in gone]
    assert len(gone) < 3


async def test_approval(shelf: Shelf, picture: Pictures) -> None:
    added = await shelf.add(HERE, "Wave", await picture(), contributor_id=ADA, approved=False)
    with pytest.raises(StyleNotFound, match="waits for a moderator"):
        await shelf.get(HERE, "wave")
    assert "Wave" not in [style.name for style in await shelf.search(HERE, "wave")]
    assert (await shelf.page(HERE, 0, size=9)).total == len(STARTERS)
    assert (await shelf.page(HERE, 0, size=9, approved=False)).styles == (added,)
    await shelf.approve(added)
    assert (await shelf.get(HERE, "wave")).approved
    await shelf.remove(added)
    with pytest.raises(StyleNotFound, match="not on the shelf any more"):
        await shelf.approve(added)


async def test_renaming(shelf: Shelf, picture: Pictures) -> None:
    wave, other = [await _add(shelf, name, n, picture) for n, name in enumerate(["Wave", "Two"])]
    assert (await shelf.rename(wave, "WAVE")).name == "WAVE"
    with pytest.raises(StyleRefused, match="called “Two”"):
        await shelf.rename(wave, "two")
    with pytest.raises(StyleRefused, match="called “Night wind”"):
        await shelf.rename(wave, "night wind")
    with pytest.raises(StyleRefused, match="among them"):
        await shelf.rename(wave, "@here")
    await shelf.remove(other)
    with pytest.raises(StyleNotFound):
        await shelf.rename(other, "Three")


async def test_takedown_covers_near_duplicates(
    shelf: Shelf, store: JobStore, picture: Pictures
) -> None:
    wave = await shelf.add(HERE, "Wave", await picture(1, LOOK), contributor_id=ADA)
    mirrored = f"{int(LOOK, 16) ^ 0xAAAA_AAAA_AAAA_AAAA:016x}"
    there = await shelf.add(THERE, "Wave", await picture(2, mirrored), contributor_id=BOB)
    other = await shelf.add(HERE, "Other", await picture(3, OTHER), contributor_id=ADA)
    gone = await shelf.take_down(await picture(4, NEARLY), guild_id=HERE, asked_by=BOB)
    assert gone == [wave]
    await store.uses.discard(UPLOADS, [*wave.image.files, *there.image.files, *other.image.files])
    for key in wave.image.files:
        assert not await store.files.exists(key)
    assert await store.files.exists(*there.image.files, *other.image.files)
    for number, look in ((1, None), (5, LOOK), (6, mirrored)):
        with pytest.raises(ImageRefused, match="taken down"):
            await shelf.blocks.check(await picture(number if look else 4, look), HERE)
    await shelf.blocks.check(await picture(5, LOOK), THERE)
    await shelf.blocks.check(await picture(6, OTHER), HERE)
    with pytest.raises(ImageRefused, match="taken down"):
        await shelf.add(HERE, "Again", await picture(5, LOOK), contributor_id=BOB)


@dataclass(frozen=True, slots=True)
class _Overtaken(FileUses):
    """Uses that somebody else is quicker to change."""

    first: Callable[[], Awaitable[object]]

    @asynccontextmanager
    async def change(self) -> AsyncIterator[UseChange]:
        await self.first()
        async with FileUses.change(self) as change:
            yield change


async def test_a_takedown_is_not_outrun_by_who_adds_the_picture_meanwhile(
    shelf: Shelf, store: JobStore, picture: Pictures
) -> None:
    image = await picture(1, LOOK)
    take_down = partial(shelf.take_down, image, guild_id=HERE, asked_by=BOB)
    slow = Shelf(_Overtaken(store.database, store.files, take_down), limit=3)
    with pytest.raises(ImageRefused, match="taken down"):
        await slow.add(HERE, "Wave", image, contributor_id=ADA)
    with pytest.raises(StyleNotFound):
        await shelf.get(HERE, "Wave")
    await store.uses.discard(UPLOADS, image.files)
    assert not await store.files.exists(image.file)


async def test_the_host_blocks_everywhere_and_can_undo_it(shelf: Shelf, picture: Pictures) -> None:
    for guild in (HERE, THERE):
        await shelf.add(guild, "Wave", await picture(1, LOOK), contributor_id=ADA)
    assert len(await shelf.take_down(await picture(2, LOOK), guild_id=None, asked_by=None)) == 2
    for guild_id in (HERE, THERE, None):
        with pytest.raises(ImageRefused):
            await shelf.blocks.check(await picture(3, NEARLY), guild_id)
    assert await shelf.blocks.lift(await picture(4, NEARLY), guild_id=HERE) == 0
    assert await shelf.blocks.lift(await picture(4, NEARLY), guild_id=None) == 1
    await shelf.blocks.check(await picture(3, NEARLY), HERE)


@pytest.mark.slow
@pytest.mark.parametrize("guild_id", [HERE, None])
async def test_a_starter_style_that_is_taken_down_is_not_offered(
    shelf: Shelf, store: JobStore, picture: Pictures, guild_id: int | None
) -> None:
    starter = await shelf.get(HERE, "Night wind")
    copy = await picture(1, starter.image.fingerprint)
    own = await shelf.add(
        HERE, "Mine", await picture(2, starter.image.fingerprint), contributor_id=ADA
    )
    assert await shelf.take_down(copy, guild_id=guild_id, asked_by=BOB) == [own, starter]
    assert await store.files.exists(*starter.image.files)
    with pytest.raises(StyleNotFound):
        await shelf.get(HERE, "Night wind")
    assert (await shelf.page(HERE, 0, size=9)).styles == tuple(await shelf.search(HERE))
    assert len(await shelf.search(HERE)) == len(STARTERS) - 1
    elsewhere = await shelf.search(THERE, "night")
    assert elsewhere == ([starter] if guild_id else [])
    await shelf.blocks.lift(copy, guild_id=guild_id)
    assert await shelf.search(HERE) == await shelf.search(None)


async def test_a_server_that_took_the_name_of_a_starter_style_has_its_own(
    shelf: Shelf, picture: Pictures
) -> None:
    """The name was free while the starter style was taken down; one may also come with an update.

    So it is while the style waits for approval, too.
    """
    starter = await shelf.get(HERE, "Night wind")
    await shelf.take_down(starter.image, guild_id=HERE, asked_by=BOB)
    own = await shelf.add(HERE, "NIGHT wind", await picture(), contributor_id=ADA, approved=False)
    assert await shelf.blocks.lift_file(starter.image.sha256, guild_id=HERE)
    assert await shelf.find(HERE, "Night wind") == own
    assert starter not in await shelf.search(HERE)
    own = await shelf.approve(own)
    assert await shelf.search(HERE, "night") == [own]
    page = await shelf.page(HERE, 0, size=9)
    assert (page.total, page.styles.count(own)) == (len(STARTERS), 1)
    assert starter not in page.styles
    assert await shelf.get(THERE, "Night wind") == starter
    await shelf.rename(own, "Gale")
    assert await shelf.get(HERE, "Night wind") == starter


async def test_plain_pictures_are_blocked_by_their_bytes_alone(
    shelf: Shelf, picture: Pictures
) -> None:
    await shelf.take_down(await picture(1, None), guild_id=None, asked_by=None)
    with pytest.raises(ImageRefused):
        await shelf.blocks.check(await picture(1, None))
    await shelf.blocks.check(await picture(2, None))


async def test_files_of_a_removed_style_stay_while_a_job_needs_them(
    shelf: Shelf, store: JobStore, picture: Pictures
) -> None:
    used, unused = [await _add(shelf, f"Style {n}", n, picture) for n in range(2)]
    job = await store.create(await _job(used, picture))
    for style in (used, unused):
        await store.uses.discard(UPLOADS, style.image.files)
        await shelf.remove(style)
    assert await store.files.get(job.spec.style.file) == b"picture 0"
    assert not await store.files.exists(unused.image.file)
    await shelf.take_down(used.image, guild_id=HERE, asked_by=BOB)


async def test_a_takedown_takes_the_files_from_jobs_as_well(
    shelf: Shelf, store: JobStore, picture: Pictures
) -> None:
    style = await _add(shelf, "Wave", 1, picture)
    await store.create(new := await _job(style, picture))
    await store.uses.discard(UPLOADS, style.image.files)
    await shelf.take_down(style.image, guild_id=HERE, asked_by=BOB)
    assert not await store.files.exists(style.image.file)
    with pytest.raises(JobNotFound, match="not kept any more"):
        await store.create(new)


async def test_a_takedown_leaves_the_same_file_to_other_servers_and_to_people(
    shelf: Shelf, store: JobStore, picture: Pictures
) -> None:
    """Whoever uses one picture as their style may put it on the shelves of several servers."""
    image = await picture(1)
    here, there = [
        await shelf.add(guild, "Wave", image, contributor_id=ADA) for guild in (HERE, THERE)
    ]
    job = await store.create(await _job(there, picture))
    await store.uses.discard(UPLOADS, image.files)
    await shelf.take_down(here.image, guild_id=HERE, asked_by=BOB)
    assert await store.files.exists(*image.files)
    await shelf.remove(there)
    assert await store.files.exists(*job.spec.style.files)


async def test_a_contributor_is_forgotten(shelf: Shelf, picture: Pictures) -> None:
    wave = await _add(shelf, "Wave", 1, picture)
    await shelf.take_down(await picture(2, OTHER), guild_id=HERE, asked_by=ADA)
    assert [row["id"] for row in await shelf.of_person(ADA)] == [wave.id]
    assert [row["sha256"] for row in await shelf.blocks.of_moderator(ADA)] == [f"{2:064x}"]
    assert await shelf.remove_person(BOB, with_styles=True) == 0
    assert await shelf.remove_person(ADA, with_styles=False) == 1
    assert await shelf.of_person(ADA) == []
    assert await shelf.blocks.of_moderator(ADA) == []
    assert (await shelf.get(HERE, "Wave")).contributor_id is None
    with pytest.raises(ImageRefused):
        await shelf.blocks.check(await picture(3, OTHER), HERE)
    await shelf.add(HERE, "Two", await picture(4), contributor_id=ADA)
    assert await shelf.remove_person(ADA, with_styles=True) == 1
    with pytest.raises(StyleNotFound):
        await shelf.get(HERE, "Two")


async def _job(style: ShelfStyle, picture: Pictures) -> NewJob:
    address = Address(
        requester_id=ADA,
        guild_id=HERE,
        channel_id=3,
        message_id=4,
        bot_is_member=True,
        interaction_token="token",
        application_id=5,
    )
    return NewJob(
        address=address,
        spec=JobSpec(
            options=Options(),
            content=await picture(50),
            styles=(style.for_job(),),
            max_result_bytes=1,
        ),
    )
