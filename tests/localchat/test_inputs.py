"""What people put into commands, and what Discord's client would not let them send."""

from __future__ import annotations

from typing import Any

import pytest

from localchat import InvalidInput, LocalChat, Upload
from tests.localchat.chat import CONVERT, Rest, begin, png

PICTURE = Upload("a.png", png(), "image/png")


async def test_autocomplete_takes_25_choices_and_no_more(chat: LocalChat, rest: Rest) -> None:
    command = {
        "name": "preset",
        "description": "Choose",
        "options": [{"type": 3, "name": "which", "description": "w", "autocomplete": True}],
    }
    await rest("PUT", f"/applications/{chat.application_id}/commands", [command])
    ada = chat.person("Ada")
    choices = [{"name": str(number), "value": str(number)} for number in range(26)]

    async def ask() -> Any:
        await ada.autocomplete("preset", "which", "1")
        return next(reversed(chat.interactions))

    asked = await begin(chat, ask())
    refused = await rest(
        "POST", asked.callback, {"type": 8, "data": {"choices": choices}}, token=""
    )
    taken = await rest(
        "POST", asked.callback, {"type": 8, "data": {"choices": choices[:25]}}, token=""
    )

    assert (refused[0], refused[1]["code"]) == (400, 50035)
    assert taken[0] == 204
    assert (await asked.waiting).choices == choices[:25]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"source": PICTURE}, "'template' is required"),
        ({"source": PICTURE, "template": "text"}, "not a value of this kind"),
        ({"source": PICTURE, "template": PICTURE, "colour": "red"}, "no option 'colour'"),
        ({"source": PICTURE, "template": PICTURE, "size": 63}, "at least 64"),
        ({"source": PICTURE, "template": PICTURE, "size": 513}, "at most 512"),
        ({"source": PICTURE, "template": PICTURE, "size": True}, "not a value of this kind"),
        ({"source": PICTURE, "template": PICTURE, "preset": "slow"}, "one of the choices"),
    ],
)
async def test_a_person_cannot_send_what_discords_client_would_not(
    chat: LocalChat, rest: Rest, options: dict[str, Any], complaint: str
) -> None:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [CONVERT])

    with pytest.raises(InvalidInput, match=complaint):
        await chat.person("Ada").run("convert", options)

    assert chat.interactions == []
