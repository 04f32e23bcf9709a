"""Whatever is sent to the server over HTTP, the answer is never a 500."""

from __future__ import annotations

import io
import json
import random
import re
from typing import Any

import aiohttp
import pytest

from localchat import LocalChat
from localchat.rest.api import ROUTES
from tests.localchat.chat import CONVERT, Rest, png

LONG = "9" * 5000
NONSENSE: tuple[Any, ...] = (
    *(None, True, -1, 0, 1.5, 10**30, 1e308, "", "a", "0", "²", "\ud800", "\0", LONG, "\u202eevil"),
    *(
        [],
        {},
        [None],
        {"a": {}},
        [[]],
        "convert source",
        "1",
        "-1",
        "NaN",
        float("inf"),
        float("nan"),
    ),
)
PAGE = ("run", "use", "press", "submit", "complete", "say", "forward", "delete", "become")
KEYS = (
    *("as", "command", "channel", "options", "option", "value", "values", "message", "member"),
    *("custom_id", "interaction", "text", "rank", "locale", "installed", "roles"),
)
BODIES = (
    *("content", "components", "embeds", "flags", "attachments", "allowed_mentions", "nonce"),
    *("message_reference", "type", "data", "name", "recipient_id", "username", "tts", "poll"),
)


def nonsense(dice: random.Random, keys: tuple[str, ...], known: tuple[Any, ...]) -> Any:
    """Return an object with some of the keys, and values of all kinds below them."""
    if dice.random() < 0.05:
        return dice.choice(NONSENSE)
    values = (*NONSENSE, *known)
    about = {key: dice.choice(values) for key in dice.sample(keys, dice.randint(0, len(keys)))}
    if about and dice.random() < 0.3:
        about[dice.choice(keys)] = {key: dice.choice(values) for key in dice.sample(keys, 2)}
    return about


def as_body(dice: random.Random, about: Any) -> tuple[Any, dict[str, str]]:
    """Return JSON, a multipart form or broken bytes, with a content type that may not fit."""
    text = json.dumps(about)
    roll = dice.random()
    if roll < 0.6:
        return text, {"Content-Type": "application/json"}
    if roll < 0.75:
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field(dice.choice(["about", "payload_json", "x", ""]), text)
        name = dice.choice(["file:", "files[0]", f"files[{LONG}]", "files[x]", "file:source", "a"])
        filename = dice.choice(["a.png", "../../etc", "\u202e.png", ""])
        form.add_field(name, io.BytesIO(png()), filename=filename)
        return form, {}
    broken = bytes(dice.randrange(256) for _ in range(dice.randint(0, 60)))
    types = (
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "a/b",
        "",
    )
    return broken, {"Content-Type": dice.choice(types)}


@pytest.mark.parametrize("seed", range(4))
async def test_the_page(
    chat: LocalChat, session: aiohttp.ClientSession, rest: Rest, seed: int
) -> None:
    dice = random.Random(seed)
    await rest("PUT", f"/applications/{chat.application_id}/commands", [CONVERT])
    said = await chat.person("Ada").say("look", [])
    known = (str(said), str(chat.guilds[0].id), "convert", "Ada", "/convert", "source", "owner")

    for _ in range(150):
        path = dice.choice(PAGE)
        body, headers = as_body(dice, nonsense(dice, KEYS, known))
        headers["Origin"] = f"http://{chat.file_host}"
        async with session.post(f"{chat.page_url}page/{path}", data=body, headers=headers) as reply:
            assert reply.status < 500, (path, body)


@pytest.mark.parametrize("seed", range(4))
async def test_the_api(chat: LocalChat, session: aiohttp.ClientSession, seed: int) -> None:
    dice = random.Random(seed)
    said = await chat.person("Ada").say("look", [])
    message = chat.messages()[0]
    known = (str(said), message["channel_id"], str(chat.application_id), "@original", "@me", LONG)

    for _ in range(200):
        route = dice.choice(ROUTES)
        path = re.sub(r"\{\w+\}", lambda _: dice.choice((*known, "1", "x")), route.template)
        body, headers = as_body(dice, nonsense(dice, BODIES, known))
        headers["Authorization"] = f"Bot {chat.token}"
        query = {"limit": dice.choice(["1", "x", LONG]), "wait": dice.choice(["true", "²"])}
        async with session.request(
            route.method, chat.api_url + path, data=body, headers=headers, params=query
        ) as reply:
            assert reply.status < 500, (route, path, body)


@pytest.mark.parametrize("number", ["0", "1", LONG, "\u0661", "²", "-1", "x", ""])
async def test_files(chat: LocalChat, session: aiohttp.ClientSession, number: str) -> None:
    paths = (
        f"attachments/{number}/{number}/a.png?ex={number}&is=1&hm=2",
        f"ephemeral-attachments/1/{number}/a.png?ex=zz&is=%ff&hm=%00",
        f"stickers/{number}.png",
        f"stickers/{number}.gif",
        f"external/{number}/https/example.org/a.png",
        f"external/%ff/{number}/%00",
        f"avatars/{number}/a.png",
        f"{chat.page_url.split('/')[-2]}/page/example/{number}",
        f"{chat.page_url.split('/')[-2]}/page/export/{number}?as=%ff",
        f"gateway?v={number}&encoding=x&compress=y",
    )
    for path in paths:
        async with session.get(f"http://{chat.file_host}/{path}") as reply:
            assert reply.status < 500, path
