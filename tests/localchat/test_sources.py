"""Everything in a message that may be a picture: files, embeds, stickers, components, forwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands

from localchat import ApiError, InvalidInput, LocalChat, StickerFormat, Upload
from localchat.discord_py import running
from tests.localchat.chat import Rest, begin, png

CAT = "https://example.org/a/cat.png?size=9"
LOOK = {"type": 3, "name": "Look at"}


async def fetched(session: aiohttp.ClientSession, url: str) -> tuple[int, str, bytes]:
    async with session.get(url) as response:
        return response.status, response.content_type, await response.read()


@pytest.mark.parametrize(
    ("name", "claimed", "told"),
    [
        ("cat.PNG", "text/plain", "image/png"),
        ("cat.heic", None, "image/heic"),
        ("IMG_1234", "image/heic", "application/octet-stream"),
        ("film.mp4", "image/png", "video/mp4"),
        ("cat.webp", None, "image/webp"),
        ("cat.avif", None, "image/avif"),
        ("cat.unheard-of", "image/png", "application/octet-stream"),
    ],
)
async def test_content_types_are_derived_from_names(
    chat: LocalChat, name: str, claimed: str | None, told: str
) -> None:
    await chat.person("Ada").say("look", [Upload(name, png(), claimed)])

    assert chat.messages()[0]["attachments"][0]["content_type"] == told


async def test_a_spoiler_is_a_flag(chat: LocalChat, rest: Rest, problems: list[str]) -> None:
    await chat.person("Ada").say(files=[Upload("a.png", png(), spoiler=True), Upload("b.png", b"")])
    path = f"/channels/{chat.channel().id}/messages"
    await rest("POST", path, {}, files=(("SPOILER_c.png", png()),))

    hidden, plain = chat.messages()[0]["attachments"]
    old = chat.messages()[1]["attachments"][0]
    assert (hidden["filename"], hidden["flags"]) == ("a.png", 8)
    assert "flags" not in plain
    assert (old["filename"], old["flags"]) == ("SPOILER_c.png", 8)
    assert '<details class="spoiler">' in chat.message_html(int(chat.messages()[0]["id"]))
    assert problems == []


async def test_embeds_are_shown_through_a_proxy(
    chat: LocalChat, session: aiohttp.ClientSession
) -> None:
    chat.add_external_picture(CAT, png(9, 7))
    embeds: list[dict[str, Any]] = [
        {"type": "image", "url": CAT, "thumbnail": {"url": CAT}},
        {"image": {"url": CAT}},
    ]
    await chat.person("Ada").say(f"look: {CAT}", embeds=embeds)

    link, rich = chat.messages()[0]["embeds"]
    picture = link["thumbnail"]
    unknown = rich["image"]["proxy_url"].replace("cat", "dog")

    assert (link["type"], rich["type"]) == ("image", "rich")
    assert (picture["url"], picture["width"], picture["height"]) == (CAT, 9, 7)
    assert picture["proxy_url"].startswith(f"http://{chat.file_host}/external/")
    assert picture["proxy_url"].endswith("/https/example.org/a/cat.png?size=9")
    assert await fetched(session, picture["proxy_url"]) == (200, "image/png", png(9, 7))
    assert (await fetched(session, unknown))[0] == 404


async def test_an_embed_of_an_attachment(
    chat: LocalChat, rest: Rest, session: aiohttp.ClientSession, problems: list[str]
) -> None:
    body = {"embeds": [{"title": "x", "image": {"url": "attachment://a.png"}}]}
    path = f"/channels/{chat.channel().id}/messages"
    _, message = await rest("POST", path, body, files=(("a.png", png(9, 7)),))

    image = message["embeds"][0]["image"]

    assert (image["width"], image["height"]) == (9, 7)
    assert (await fetched(session, image["url"]))[2] == png(9, 7)
    assert problems == []


@pytest.mark.parametrize(
    ("kind", "suffix", "content_type"),
    [
        (StickerFormat.PNG, "png", "image/png"),
        (StickerFormat.APNG, "png", "image/png"),
        (StickerFormat.GIF, "gif", "image/gif"),
        (StickerFormat.LOTTIE, "json", "application/json"),
    ],
)
async def test_stickers(
    chat: LocalChat,
    session: aiohttp.ClientSession,
    kind: StickerFormat,
    suffix: str,
    content_type: str,
) -> None:
    sticker = chat.add_sticker("wave", kind, b"the file")
    await chat.person("Ada").say(stickers=[sticker])
    url = f"http://{chat.file_host}/stickers/{sticker.id}."

    assert chat.messages()[0]["sticker_items"] == [
        {"id": str(sticker.id), "name": "wave", "format_type": int(kind)}
    ]
    assert await fetched(session, url + suffix) == (200, content_type, b"the file")
    assert (await fetched(session, url + "webp"))[0] == 404
    with pytest.raises(InvalidInput, match="3 stickers"):
        await chat.person("Ada").say(stickers=[sticker] * 4)


async def test_another_applications_components(
    chat: LocalChat, rest: Rest, session: aiohttp.ClientSession, problems: list[str]
) -> None:
    chat.add_external_picture(CAT, png(9, 7))
    components: list[dict[str, Any]] = [
        {
            "type": 9,
            "components": [{"type": 10, "content": "hello"}],
            "accessory": {"type": 11, "media": {"url": CAT}},
        },
        {
            "type": 12,
            "items": [
                {"media": {"url": "attachment://a.png"}, "spoiler": True},
                {"media": {"url": CAT}},
            ],
        },
        {"type": 13, "file": {"url": "attachment://b.png"}},
    ]
    files = [Upload("a.png", png(3, 2)), Upload("b.png", png())]
    other = chat.other_bot("Collage")
    said = await other.say(files=files, components=components)

    section, gallery, file = chat.message_json(said)["components"]
    thumbnail = section["accessory"]["media"]

    assert thumbnail["url"] == CAT
    assert (thumbnail["width"], thumbnail["height"]) == (9, 7)
    assert await fetched(session, thumbnail["proxy_url"]) == (200, "image/png", png(9, 7))
    assert [item["spoiler"] for item in gallery["items"]] == [True, False]
    assert (await fetched(session, gallery["items"][0]["media"]["url"]))[2] == png(3, 2)
    assert file["name"] == "b.png"
    assert chat.message_json(said)["author"]["bot"] is True
    assert chat.message_json(said)["application_id"] != str(chat.application_id)
    refused, body = await rest(
        "PATCH", f"/channels/{chat.channel().id}/messages/{said}", {"content": "mine"}
    )
    assert (refused, body["code"]) == (403, 50005)
    assert problems == []
    with pytest.raises(ApiError, match="Invalid Form Body"):
        await other.say(components=[{"type": 99}])


async def test_a_forward_takes_everything_along(
    chat: LocalChat, rest: Rest, problems: list[str]
) -> None:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [LOOK])
    chat.add_external_picture(CAT, png())
    sticker = chat.add_sticker("wave", StickerFormat.PNG, png())
    ada = chat.person("Ada")
    said = await ada.say(
        "look",
        [Upload("a.png", png(), spoiler=True)],
        embeds=[{"type": "image", "thumbnail": {"url": CAT}}],
        stickers=[sticker],
    )
    forwarded = await ada.forward(said, "random")

    begun = await begin(chat, ada.use("Look at", forwarded))
    begun.waiting.cancel()

    told = chat.interaction_json(begun.interaction)["data"]["resolved"]["messages"][str(forwarded)]
    snapshot = told["message_snapshots"][0]["message"]
    assert snapshot["attachments"][0]["flags"] == 8
    assert snapshot["sticker_items"][0]["name"] == "wave"
    assert "proxy_url" in snapshot["embeds"][0]["thumbnail"]
    assert problems == []


class Looker(discord.Client):
    """Notes the message that its menu was used on."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=0.1)
        self.tree = app_commands.CommandTree(self)
        self.seen: list[discord.Message] = []

        async def look(interaction: discord.Interaction, message: discord.Message) -> None:
            self.seen.append(message)
            await interaction.response.send_message("seen", ephemeral=True)

        self.tree.add_command(app_commands.ContextMenu(name="Look at", callback=look))

    async def setup_hook(self) -> None:
        await self.tree.sync()


@pytest.fixture
async def looker(chat: LocalChat, discord_py: None) -> AsyncIterator[Looker]:
    client = Looker()
    async with running(client, chat):
        yield client


async def test_discord_py_reads_stickers_and_embeds(chat: LocalChat, looker: Looker) -> None:
    chat.add_external_picture(CAT, png())
    ada = chat.person("Ada")
    said = await ada.say(
        "look",
        embeds=[{"image": {"url": CAT}}],
        stickers=[chat.add_sticker("wave", StickerFormat.PNG, png(5, 4))],
    )

    await ada.use("Look at", said)

    (message,) = looker.seen
    assert await message.stickers[0].read() == png(5, 4)
    assert (message.embeds[0].image.proxy_url or "").startswith(f"http://{chat.file_host}/")
