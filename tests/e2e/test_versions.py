"""Several versions on one card: other seeds, or styles by chance; kept, enlarged, counted."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from backend.examples import list_examples
from localchat import Upload
from tests.e2e.moving import moving
from tests.e2e.playing import READY, act, from_menu, picture, whispered
from tests.e2e.support import PHOTO, STYLE, Card, Option, Stage, buttons, gallery, texts
from tests.e2e.test_composing import RED, WHITE
from tests.e2e.test_forms import fill_in
from tests.e2e.test_restyling import opened, ready

CHOOSE = "Which one do you like?"
NUMBERS = ("1", "2", "3", "4")


async def test_four_versions_are_painted_kept_and_enlarged(bot: Stage) -> None:
    card = await bot.stylize("Ada", takes=4, seed=7)
    final = await card.until(CHOOSE)
    assert list(buttons(final)) == [
        *(f"Keep {number}" for number in NUMBERS),
        *(f"Bigger {number}" for number in NUMBERS),
        *("Another style…", "Use this style…", "More…"),
    ]
    assert "standard · strength 50 · 64 px · 4 versions · for" in card.text
    assert [asked["seed"] for asked in bot.requests] == [7, 8, 9, 10]
    for preview in card.previews:  # two rows of two, also while the first is painted
        with Image.open(io.BytesIO(preview)) as shown:
            assert (shown.width > 2 * 64, shown.height > 2 * 48) == (True, True)
    assert "Several versions of “cat.jpg”" in gallery(final)[0]["description"]
    assert "your pictures are ready" in (await bot.until_reply(card))["content"]

    kept = await act(bot, card, "Keep 2")
    await kept.until(READY)
    assert "standard · strength 50 · 64 px · begun on a blank canvas · for" in kept.text
    assert "More style" in buttons(kept.now)
    told = await whispered(bot, (await act(bot, card, "Keep 2")).interaction)
    assert f"/{kept.id})" in told["content"]
    theirs = await act(bot, card, "Keep 2", "Eve")
    await theirs.until(READY)
    assert picture(bot, theirs) == picture(bot, kept)
    assert f"<@{theirs.interaction.user.id}>" in theirs.text
    await (await act(bot, card, "Keep 4")).until(READY)
    assert len(bot.runs) == 4  # nothing was painted for these
    details = await whispered(bot, await from_menu(bot, kept, "Details"))
    assert "Version: 8 (this number gives the same picture again)" in details["content"]
    assert "← standard · strength 50 · 64 px · 4 versions" in details["content"]

    asked = await ready(bot, await act(bot, card, "Bigger 1"))
    assert (asked["size"], asked["seed"]) == (128, 7)
    assert asked["start_from"] == f"{card.job_id}-1-result-raw.png"

    # What was kept stays when the card that it comes from is deleted.
    panel = Card(bot, await from_menu(bot, card, "Delete…"))
    await act(bot, panel, "Delete it for good")
    await panel.until("Deleted.")
    asked = await ready(bot, await act(bot, kept, "More style"))
    assert asked["start_from"] == f"{card.job_id}-2-result-raw.png"


async def test_styles_by_chance(bot: Stage) -> None:
    card = await bot.stylize("Ada")
    await ready(bot, card)
    panel = await opened(bot, card, "Another style…", "Eve")
    surprise = await act(bot, panel, "Surprise me", "Eve")
    await surprise.until(CHOOSE)
    used = [name for asked in bot.requests[1:] for name in asked["style_names"]]
    assert len(set(used)) == 4
    assert all(f"{number} · {name}" in surprise.text for number, name in enumerate(used, 1))
    kept = await act(bot, surprise, "Keep 3", "Eve")
    await kept.until(READY)
    assert f"the style of “{used[2]}”" in gallery(kept.now)[0]["description"]


async def test_four_versions_of_a_picture_and_a_stop(bot: Stage) -> None:
    card = await bot.stylize("Ada", seed=7)
    await ready(bot, card)
    bot.hold()
    several = await act(bot, card, "Four versions")
    await several.until("Painting")
    await bot.until_runs(2)
    # Four pictures are more than one person may have, so nothing else is taken beside them.
    for again in (await bot.stylize("Ada"), await bot.stylize("Ada", takes=2)):
        assert (
            "You already have as many pictures"
            in (await whispered(bot, again.interaction))["content"]
        )
    await bot.press(several, "Stop and keep")
    final = await several.until(CHOOSE)
    assert "Keep 1" in buttons(final)
    assert "Keep 2" not in buttons(final)
    assert bot.requests[-1]["seed"] != 7
    first = await bot.stylize("Ada")
    await first.until("Painting")
    refused = await whispered(bot, (await bot.stylize("Ada", takes=4)).interaction)
    assert "This would be 4 pictures at once" in refused["content"]
    bot.release()


async def test_four_versions_with_every_other_option(bot: Stage) -> None:
    card = await bot.stylize(
        "Ada",
        takes=4,
        preset="draft",
        strength=0,
        colours="photo",
        seed=2**32 - 1,
        private=True,
        spoiler=True,
        style2=RED,
        style_name="Night wind",
        mask=WHITE,
    )
    final = await card.until(CHOOSE)
    assert [asked["seed"] for asked in bot.requests] == [2**32 - 1, 0, 1, 2]
    for asked in bot.requests:
        assert (asked["strength"], asked["mask"], len(asked["styles"])) == (0, True, 3)
    ada = card.interaction.user.id
    assert bot.chat.message(card.id).visible_to == ada
    assert gallery(final)[0]["spoiler"]
    kept = await act(bot, card, "Keep 4")
    await kept.until(READY)
    assert bot.chat.message(kept.id).visible_to == ada
    assert gallery(kept.now)[0]["spoiler"]
    assert "draft · strength 0 · 64 px · photo's colours" in kept.text


async def test_versions_of_a_film_are_pictures_and_forms_ask_for_versions_too(bot: Stage) -> None:
    bot.hold()
    film = await bot.stylize("Ada", Upload("cat.gif", moving(), "image/gif"), takes=4)
    await film.until("Painting")
    assert "A film is painted once, so these are pictures of one of its frames." in film.text
    bot.release()
    assert "Keep 4" in buttons(await film.until(CHOOSE))
    form = await bot.chat.person("Bob").run("compose", {"size": 64, "takes": 2})
    sent = await fill_in(bot, form, {"photo": [PHOTO], "styles": [STYLE]}, "Bob")
    await Card(bot, sent).until(CHOOSE)


async def test_several_kinds_of_versions_at_once_are_refused(bot: Stage) -> None:
    asked = await bot.stylize("Ada", takes=2, sheet=True)
    assert "Choose one of them" in (await whispered(bot, asked.interaction))["content"]
    found = await bot.chat.person("Ada").autocomplete("stylize", "style_name", "surp")
    assert [choice["value"] for choice in found] == ["*"]
    chosen: dict[str, Option] = {"content": PHOTO, "style_name": "*", "size": 64}
    card = Card(bot, await bot.chat.person("Ada").run("stylize", chosen))
    await card.until(CHOOSE)
    assert "4 · " in "\n".join(texts(card.now["components"]))


@pytest.mark.slow
async def test_painted_together_by_the_real_painter(stage: Stage) -> None:
    photo, style = [
        Upload(path.name, path.read_bytes())
        for kind in ("photo", "style")
        for path in [next(each.path for each in list_examples() if each.kind == kind)]
    ]
    async with stage.bot(painter="tests.backend.engine.together:load"):
        card = await stage.stylize("Ada", photo, style, preset="draft", size=96, takes=4, seed=7)
        final = await card.until(CHOOSE)
        assert [f"Keep {number}" in buttons(final) for number in NUMBERS] == [True] * 4
        await (await act(stage, card, "Keep 3")).until(READY)
    (first, *_) = card.previews
    with Image.open(io.BytesIO(first)) as shown:
        grey = np.asarray(shown.convert("L"))
    for half in np.array_split(grey, 2):
        for cell in np.array_split(half, 2, axis=1):
            assert np.ptp(cell[24:-12, 12:-12]) > 60, "a picture, not a blank cell"
