"""`/my pictures`: what somebody had painted, to find, repeat, keep in view and delete."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Final

from bot.ui.mine import PAGE_SIZE
from localchat import MEMBER_PERMISSIONS, Permission, Upload
from tests.corpus.pictures import encoded, quadrants
from tests.e2e.conftest import Expected
from tests.e2e.playing import READY, act
from tests.e2e.support import PHOTO, STYLE, Card, Json, Stage, buttons, gallery, texts, until
from tests.e2e.test_strange_words import rename

MODERATOR: Final = MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES
MANY: Final = 3000
NAMES = ("one.jpg", "two.jpg", "three.jpg", "four.jpg", "five.jpg")


async def mine(stage: Stage, who: str = "Ada", channel: int | None = None, **options: bool) -> Card:
    """Run the command; return its page, which only that person sees."""
    asked = await stage.chat.person(who).run("my pictures", dict(options), channel=channel)
    page = Card(stage, asked)
    await until(lambda: bool(page.states) and bool(page.now["components"]))
    assert stage.chat.message(page.id).visible_to == asked.user.id
    return page


def said(page: Card) -> str:
    return "\n".join(texts(page.now["components"]))


def thumbnails(page: Card) -> int:
    (box,) = (part for part in page.now["components"] if part["type"] == 17)
    return sum(part["type"] == 9 for part in box["components"])


async def press(stage: Stage, page: Card, begins: str, who: str = "Ada") -> None:
    found = (each for each in ids(page.now["components"]) if each.startswith(begins))
    await stage.chat.person(who).press(page.id, next(found))


def ids(nodes: list[Json]) -> Iterator[str]:
    """Yield the custom_ids of all buttons, from top to bottom."""
    for node in nodes:
        if node["type"] == 2:
            yield node["custom_id"]
        yield from ids(node.get("components", []))


async def test_my_pictures(bot: Stage) -> None:
    assert "paints your first one" in said(await mine(bot))
    cards = []
    for at, name in enumerate(NAMES):
        picture = Upload(name, encoded(quadrants(size=(80 + at, 64)), "JPEG"), "image/jpeg")
        card = await bot.stylize("Ada", content=picture, private=name == "four.jpg")
        await card.until(READY)
        cards.append(card)
    page = await mine(bot)
    text = said(page)
    assert "### Your pictures · 5 pictures" in text
    # Newest first, with links to the cards; a private one is where only they can see it.
    assert text.index("five.jpg") < text.index("four.jpg") < text.index("three.jpg")
    assert "[five.jpg · waves.png](https://discord.com/channels/" in text
    assert f"/{cards[4].id})" in text
    assert "**four.jpg · waves.png**" in text
    assert "only you see it" in text
    assert thumbnails(page) == PAGE_SIZE

    await press(bot, page, "mine-all:1")
    await until(lambda: "one.jpg" in said(page))
    assert "three.jpg" not in said(page)
    star = f"mine-star:{cards[0].job_id}"
    await press(bot, page, star)
    await until(lambda: "★ Favourite" in buttons(page.now))
    favourites = await mine(bot, favourites=True)
    assert "### Your favourites · 1 picture\n" in said(favourites) + "\n"
    assert "one.jpg" in said(favourites)
    await press(bot, favourites, star)
    await until(lambda: "No favourites yet" in said(favourites))
    await press(bot, favourites, "mine-all:0")
    await until(lambda: "five.jpg" in said(favourites))

    again = await act(bot, page, "Another version")
    await again.until(READY)
    old = await mine(bot)
    await press(bot, old, "mine-all:1")
    await until(lambda: "two.jpg" in said(old))
    await press(bot, page, f"mine-delete:{cards[0].job_id}")
    await until(lambda: "for good?" in said(page))
    assert "one.jpg · waves.png" in said(page)
    assert thumbnails(page) == 1
    await bot.press(page, "Keep it")
    await until(lambda: "6 pictures" in said(page))
    await press(bot, page, f"mine-delete:{cards[0].job_id}")
    await until(lambda: "for good?" in said(page))
    await press(bot, page, "mine-erase:")
    await until(lambda: bot.chat.find_message(cards[0].id) is None)
    await until(lambda: "5 pictures" in said(page))  # the new version is there
    assert cards[0].job_id not in "".join(ids(page.now["components"]))
    # Another list still shows it.
    await press(bot, old, f"take:{cards[0].job_id}")
    await until(lambda: "5 pictures" in said(old))
    assert cards[0].job_id not in "".join(ids(old.now["components"]))

    assert "paints your first one" in said(await mine(bot, "Bob"))


async def restyled(stage: Stage, page: Card, card: Card) -> Card:
    """Press *Another style…* of a picture in a list, and a style; return the new card."""
    assert f"restyle:{card.job_id}" in ids(page.now["components"])
    asked = await stage.chat.person("Ada").press(page.id, f"restyle:{card.job_id}")
    panel = Card(stage, asked)
    await until(lambda: "2 · Stained glass" in buttons(panel.now))
    return await act(stage, panel, "2 · Stained glass")


async def test_another_style_for_each_of_them(bot: Stage) -> None:
    """Two presses lead from a full page to a new card; one of a private picture is private."""
    cards = []
    for name in NAMES[:PAGE_SIZE]:
        card = await bot.stylize("Ada", Upload(name, PHOTO.data), private=name == NAMES[0])
        await card.until(READY)
        cards.append(card)
    page = await mine(bot)
    for name, card in zip(NAMES, cards, strict=False):
        other = await restyled(bot, page, card)
        await other.until(READY)
        assert any(name in each["description"] for each in gallery(other.now))
        assert any("“Stained glass”" in each["description"] for each in gallery(other.now))
        alone = bot.chat.message(other.id).visible_to is not None
        assert alone is (name == NAMES[0])
    assert f"{2 * PAGE_SIZE} pictures" in said(await mine(bot))


def multiply(stage: Stage, job_id: str) -> None:
    """Let there be many older ones like a picture, in another server, one of them unreadable."""
    with closing(sqlite3.connect(stage.settings.data_dir / "jobs.sqlite")) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(jobs)")]
        other = {"id": "printf('%016d', i)", "guild_id": "guild_id + 1"}
        given = ", ".join(other.get(name, name) for name in columns)
        database.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            f"INSERT INTO jobs ({', '.join(columns)}) SELECT {given} FROM jobs, n WHERE id = ?",
            (MANY, job_id),
        )
        database.execute("UPDATE jobs SET spec = '{' WHERE id = '0000000000000002'")
        database.commit()


async def test_thousands_of_pictures_of_several_servers(
    stage: Stage, expect_errors: Expected
) -> None:
    expect_errors("A job cannot be read")
    async with stage.bot():
        card = await stage.stylize("Ada", spoiler=True)
        await card.until(READY)
        await stage.until_delivered(card.job_id)
    multiply(stage, card.job_id)
    async with stage.bot():
        page = await mine(stage)
        assert f"### Your pictures · {MANY + 1} pictures" in said(page)
        assert thumbnails(page) == PAGE_SIZE
        rename(stage.chat.message(page.id).components, "mine-all:1", "mine-all:999999999")
        await stage.chat.person("Ada").press(page.id, "mine-all:999999999")  # the last one
        await until(lambda: "0000000000000001" in "".join(ids(page.now["components"])))
        assert "0000000000000002" not in "".join(ids(page.now["components"]))
        await press(stage, page, "mine-delete:0000000000000001")
        await until(lambda: "for good?" in said(page))
        await press(stage, page, "mine-erase:")
        await until(lambda: f"{MANY} pictures" in said(page))

        taken = await stage.chat.person("Mo", MODERATOR).run("style takedown", {"picture": STYLE})
        await until(lambda: "cannot be used" in stage.answer_to(taken))
        page = await mine(stage)
        assert (said(page).count("it was taken down here"), thumbnails(page)) == (PAGE_SIZE, 0)
        again = await act(stage, page, "Another version")
        await until(lambda: bool(again.now["content"]))
        assert "was taken down here" in again.now["content"]
        page = await mine(stage, channel=stage.chat.person("Ada").dm)
        assert ("taken down" in said(page), thumbnails(page)) == (False, PAGE_SIZE)
