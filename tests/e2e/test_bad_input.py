"""What cannot be painted is refused on the card, in words, and nothing is left behind."""

from __future__ import annotations

import re

import pytest

from backend.settings import load_settings
from localchat import InvalidInput, Upload
from tests.corpus.bad import bad
from tests.corpus.png import png
from tests.e2e.playing import whispered
from tests.e2e.support import PHOTO, STYLE, Card, Option, Stage, buttons, gallery

FILES = ("empty.png", "text.png", "page.jpg", "drawing.svg", "paper.pdf", "film.mp4", "cut.jpeg",
         "promise.png", "bomb.png", "1x1.png", "16x321.png")  # fmt: skip


def upload(name: str) -> Upload:
    sample = next(sample for sample in bad() if sample.name == name)
    return Upload(sample.name, sample.data, "image/png")


def check_refusal(stage: Stage, card: Card) -> None:
    """Words and ways out, to who asked alone: no pictures, no ping, no job, no files."""
    assert card.now["flags"] & 64
    assert card.titles == ["Looking at your pictures", "That did not work"]
    assert gallery(card.now) == []
    assert list(buttons(card.now)) == ["Change…"], "the same file would be refused again"
    assert stage.replies(card) == []
    assert stage.runs == []
    assert stage.spool == []


@pytest.mark.parametrize("name", FILES)
async def test_bad_files_are_refused_by_name(bot: Stage, name: str) -> None:
    card = await bot.stylize("Ada", upload(name), STYLE)
    await card.until("That did not work")
    assert f"Your photo “{name}” cannot be used. " in card.text
    assert re.search(next(sample.words for sample in bad() if sample.name == name), card.text)
    check_refusal(bot, card)


async def test_the_style_picture_is_looked_at_as_well(bot: Stage) -> None:
    card = await bot.stylize("Ada", PHOTO, upload("film.mp4"))
    await card.until("That did not work")
    assert "Your style picture “film.mp4” cannot be used. " in card.text
    check_refusal(bot, card)


async def test_both_bad(bot: Stage) -> None:
    card = await bot.stylize("Ada", upload("text.png"), upload("film.mp4"))
    await card.until("That did not work")
    assert "Your photo “text.png” cannot be used. " in card.text
    assert "Your style picture “film.mp4” cannot be used. " in card.text
    check_refusal(bot, card)


async def test_the_same_picture_twice(bot: Stage) -> None:
    card = await bot.stylize("Ada", PHOTO, PHOTO)
    await card.until("That did not work")
    assert "are the same file" in card.text
    check_refusal(bot, card)


async def test_over_the_byte_limit(stage: Stage) -> None:
    stage.settings = load_settings(
        data_dir=stage.settings.data_dir, devices=("cpu",), max_upload_mb=1
    )
    large = Upload("large.png", png(64, 64, depth=8, colour=2, rows=b"") + bytes(2**20))
    async with stage.bot():
        card = await stage.stylize("Ada", large)
        await card.until("That did not work")
    assert "“large.png”" in card.text
    assert "the limit is 1 MB" in card.text
    check_refusal(stage, card)


async def test_a_person_can_try_again_at_once(bot: Stage) -> None:
    for _ in range(2):  # more would be held up by the limit on edits
        await (await bot.stylize("Ada", upload("text.png"))).until("That did not work")
    await (await bot.stylize("Ada")).until("Your picture is ready")


async def test_numbers_out_of_bounds_cannot_be_sent(bot: Stage) -> None:
    limits = [("strength", 0, 100), ("size", 64, 4096), ("seed", 0, 2**32 - 1)]
    for option, low, high in limits:
        for value in (low - 1, high + 1):
            with pytest.raises(InvalidInput, match=f"{option}.* must be at (least|most)"):
                await bot.chat.person("Ada").run(
                    "stylize", {"content": PHOTO, "style": STYLE, option: value}
                )
    assert bot.chat.messages() == []


async def test_options_that_the_host_does_not_offer(bot: Stage) -> None:
    given: dict[str, Option] = {"content": PHOTO, "style": STYLE}
    ada = bot.chat.person("Ada")
    told = await whispered(bot, await ada.run("stylize", {**given, "size": 2048}))
    assert "2048 px is too large here: choose a size up to 1024" in told["content"]
    for preset in ("**wild**", "reference"):
        with pytest.raises(InvalidInput, match="one of the choices"):
            await ada.run("stylize", {**given, "preset": preset})
    assert bot.spool == []


async def test_names_of_files_ping_nobody(bot: Stage) -> None:
    eve = bot.chat.person("Eve").user
    nasty = f"<@{eve.id}> @everyone **bold** \u202egnp.[x](http://evil.example).png"
    card = await bot.stylize("Ada", Upload(nasty, PHOTO.data), Upload(nasty, STYLE.data))
    final = await card.until("Your picture is ready")
    reply = await bot.until_reply(card)
    for state in [*card.states, reply]:
        # A card names its requester and wakes nobody.
        assert str(eve.id) not in {user["id"] for user in state["mentions"]}
        assert not state["mention_everyone"]
    for word in ("<@", "@everyone", "**", "\u202e", "http://"):
        assert not any(word in item["description"] for item in gallery(final))


async def test_only_the_reply_wakes_the_requester(bot: Stage) -> None:
    card = await bot.stylize()
    await bot.until_reply(card)
    assert f"for <@{card.interaction.user.id}>" in card.text
    assert [state["mentions"] for state in card.states] == [[]] * len(card.states)
