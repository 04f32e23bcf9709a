"""A program of the host's that looks at pictures, as people notice it."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.conftest import Expected
from tests.e2e.support import Card, Stage, buttons, until

SCRIPT = "while [ ! -e {go} ]; do sleep 0.05; done; echo 'no quadrants'; exit 3"


async def test_a_picture_is_looked_at_while_others_are_answered(
    stage: Stage, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    command = ("sh", "-c", SCRIPT.format(go=go))
    stage.settings = stage.settings.model_copy(update={"check_command": command})
    async with stage.bot():
        card = await stage.stylize()
        asked = await stage.chat.person("Bob").run("queue")
        assert "painted" in stage.answer_to(asked)
        privacy = Card(stage, await stage.chat.person("Bob").run("privacy"))
        assert "shown to a check that the host has set up" in privacy.text
        go.touch()
        await card.until("That did not work")
        assert (
            "refused by the check that the host of this bot has set up: no quadrants" in card.text
        )
        assert list(buttons(card.now)) == ["Change…"]
        await until(lambda: stage.spool == [])


async def test_a_check_that_is_down_may_be_asked_again(
    stage: Stage, expect_errors: Expected
) -> None:
    expect_errors("A picture could not be screened")
    stage.settings = stage.settings.model_copy(update={"check_command": ("sh", "-c", "exit 1")})
    async with stage.bot():
        card = await stage.stylize()
        await card.until("That did not work")
        assert "Please try again later." in card.text
        assert list(buttons(card.now)) == ["Try again", "Change…"]
