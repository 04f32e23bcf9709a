"""What people see, change and delete of their own."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any, Final

from localchat import MEMBER_PERMISSIONS, Interaction, Permission
from tests.e2e.support import PHOTO, STYLE, Stage, buttons, texts, until

MODERATOR: Final = MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES
Json = dict[str, Any]


def _now(stage: Stage, interaction: Interaction) -> Json:
    message = stage.chat.message(interaction.response_message_id or 0)
    assert message.visible_to == interaction.user.id
    return dict(stage.chat.message_json(message))


def _words(message: Json) -> str:
    return str(message["content"]) or "\n".join(texts(message["components"]))


async def _run(stage: Stage, command: str, who: str = "Ada", **options: Any) -> str:
    interaction = await stage.chat.person(who).run(command, options)
    await until(lambda: bool(_words(_now(stage, interaction))))
    return _words(_now(stage, interaction))


async def test_what_i_prefer(stage: Stage) -> None:
    async with stage.bot():
        said = await _run(stage, "my settings")
        assert "Preset: not set" in said
        said = await _run(stage, "my settings", preset="draft", strength=80, size=64, private=True)
        assert "Strength: 80" in said
        assert "Results: for me alone" in said
        assert "Strength: not set" in await _run(stage, "my settings", "Bob")
        assert "choose 64 to 1024" in await _run(stage, "my settings", size=4096)
    async with stage.bot():
        assert "Strength: 80" in await _run(stage, "my settings")
        said = await _run(stage, "my settings", reset=True, size=128)
        assert "Strength: not set" in said
        assert "Size: 128 px" in said


async def test_my_data_are_deleted(stage: Stage) -> None:
    ada = stage.chat.person("Ada")
    async with stage.bot():
        finished = await stage.stylize("Ada")
        await finished.until("Your picture is ready")
        await stage.until_delivered(finished.job_id)
        bobs = await stage.stylize("Bob", channel="gallery")
        await bobs.until("Your picture is ready")
        await _run(stage, "style add", name="Mine", picture=STYLE)
        await _run(stage, "my settings", strength=80)
        stage.hold()
        running = await stage.stylize("Ada")
        await running.until("Painting")
        asked = await ada.run("my delete", {"styles": "delete"})
        button = buttons(_now(stage, asked))["Delete my data"]
    async with stage.bot():  # the button works after a restart, and the job is painted again
        await stage.until_runs(4)
        await ada.press(asked.response_message_id or 0, button["custom_id"])
        await until(lambda: "Deleted:" in _words(_now(stage, asked)))
        said = _words(_now(stage, asked))
        assert "2 jobs and their pictures" in said
        assert "1 of them was cancelled first" in said
        assert "1 style" in said
        assert "your settings" in said
        assert await running.until("Cancelled")
        assert "no such style" in await _run(stage, "style show", name="Mine")
        export = await exported(stage, "Ada")
        assert (export["jobs"], export["styles"]) == ([], [])
        assert len((await exported(stage, "Bob"))["jobs"]) == 1
    assert stage.shelf == []
    assert [job.state for job in await stage.jobs(bobs.job_id)] == ["done"]
    mine = [name for name in stage.spool if name.startswith((finished.job_id, running.job_id))]
    assert mine == []


async def test_nothing_of_me_is_left_in_any_file(stage: Stage) -> None:
    """Not even where the database has written over it."""
    mo = stage.chat.person("Mo", MODERATOR)
    async with stage.bot():
        card = await stage.stylize("Mo", content=PHOTO._replace(filename="mo-on-the-beach.jpg"))
        await card.until("Your picture is ready")
        await stage.until_delivered(card.job_id)
        await _run(stage, "style add", "Mo", name="Wave of Mo", picture=STYLE)
        await _run(stage, "style takedown", "Mo", name="Night wind")
        await _run(stage, "my settings", "Mo", language="de")
        mine = await exported(stage, "Mo")
        assert [len(mine[each]) for each in ("jobs", "styles", "takedowns")] == [1, 1, 1]
        asked = await mo.run("my delete", {"styles": "delete"})
        await mo.press(asked.response_message_id or 0, f"erase-delete:{mo.user.id}")
        await until(lambda: "Gelöscht:" in _words(_now(stage, asked)))
        left = await exported(stage, "Mo")
        assert not any(left[each] for each in ("jobs", "styles", "takedowns"))
        assert "no such style" in await _run(
            stage, "style show", name="Night wind"
        )  # still blocked
        kept = ("jobs.sqlite*", "spool/*", "shelf/*")
        files = [path for each in kept for path in stage.settings.data_dir.glob(each)]
        traces = (b"mo-on-the-beach", b"Wave of Mo", card.job_id.encode())
        for path in files:
            data = path.read_bytes()
            assert not [trace for trace in traces if trace in data], path.name
        people = _rows(stage, "SELECT blocked_by FROM blocked_pictures")
        assert people == [(None,)]


def _rows(stage: Stage, query: str) -> list[Any]:
    with closing(sqlite3.connect(stage.settings.data_dir / "jobs.sqlite")) as database:
        return database.execute(query).fetchall()


async def test_styles_can_stay_without_my_name(bot: Stage) -> None:
    ada = bot.chat.person("Ada")
    await _run(bot, "style add", name="Mine", picture=STYLE)
    assert "added by" in await _run(bot, "style show", "Bob", name="Mine")
    asked = await ada.run("my delete")
    button = buttons(_now(bot, asked))["Delete my data"]
    await ada.press(asked.response_message_id or 0, button["custom_id"])
    await until(lambda: "your name on 1 style" in _words(_now(bot, asked)))
    assert "added by" not in await _run(bot, "style show", "Bob", name="Mine")


async def test_the_file_with_my_data(bot: Stage) -> None:
    card = await bot.stylize("Ada", content=PHOTO)
    await card.until("Your picture is ready")
    await _run(bot, "my settings", size=128)
    export = await exported(bot, "Ada")
    assert export["settings"]["size"] == 128
    assert [job["photo"] for job in export["jobs"]] == ["cat.jpg"]
    assert "token" not in json.dumps(export)
    assert str(bot.settings.data_dir) not in json.dumps(export)


async def exported(stage: Stage, who: str) -> Json:
    interaction = await stage.chat.person(who).run("my export")
    message_id = interaction.response_message_id or 0
    await until(lambda: bool(stage.chat.message(message_id).attachments))
    (file,) = stage.chat.message(message_id).attachments
    return dict(json.loads(file.path.read_bytes()))
