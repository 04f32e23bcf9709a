"""Discord's JSON of messages and interactions."""

from __future__ import annotations

from collections.abc import Iterator

from localchat.clock import iso
from localchat.enums import InteractionKind
from localchat.errors import Json
from localchat.places import channel_payload, member_payload, user_payload
from localchat.state import Attachment, Interaction, Message, Origin, Sticker
from localchat.world import World

_SNAPSHOT = (
    *("type", "content", "mentions", "mention_roles", "attachments", "embeds", "timestamp"),
    *("edited_timestamp", "flags", "components", "sticker_items"),
)
SPOILER_FLAG = 1 << 3
"""Of an attachment. Source: Discord's API documentation, "Attachment Flags"."""


def attachment_payload(world: World, attachment: Attachment) -> Json:
    """Return a MessageAttachmentResponse; its links are signed now."""
    url = world.links.url_of(attachment)
    payload: Json = {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": attachment.size,
        "url": url,
        "proxy_url": url,
    }
    optional = {
        "width": attachment.width,
        "height": attachment.height,
        "content_type": attachment.content_type,
        "description": attachment.description,
        "ephemeral": True if attachment.folder.startswith("ephemeral") else None,
        "flags": SPOILER_FLAG if attachment.spoiler else None,
    }
    return payload | {key: value for key, value in optional.items() if value is not None}


def sticker_payload(sticker: Sticker) -> Json:
    """Return a MessageStickerItemResponse."""
    return {"id": str(sticker.id), "name": sticker.name, "format_type": int(sticker.format)}


def _embed_payload(world: World, message: Message, embed: Json) -> Json:
    """Return an embed whose pictures have the addresses that they are downloaded from."""
    pictures = {key: embed[key] for key in ("image", "thumbnail", "video") if embed.get(key)}
    return embed | {
        key: picture | _media_payload(world, message, str(picture.get("url") or ""))
        for key, picture in pictures.items()
    }


def _media_payload(world: World, message: Message, url: str) -> Json:
    """Return what Discord tells of the picture at an address."""
    scheme, _, name = url.partition("://")
    if scheme == "attachment":
        for attachment in message.attachments:
            if attachment.filename == name:
                link = world.links.url_of(attachment)
                return {"url": link, "proxy_url": link} | _size(attachment)
    known = world.assets.external(url)
    told: Json = {"proxy_url": world.assets.proxy_url(url)}
    if known is not None:
        told["content_type"] = known.content_type
        if known.size is not None:
            told |= {"width": known.size[0], "height": known.size[1]}
    return told


def _size(attachment: Attachment) -> Json:
    if attachment.width is None:
        return {}
    return {"width": attachment.width, "height": attachment.height}


def walk(components: object) -> Iterator[Json]:
    """Yield every object in a tree of components, the media included, parents first."""
    if isinstance(components, dict):
        yield components
        for value in components.values():
            yield from walk(value)
    elif isinstance(components, list | tuple):
        for value in components:
            yield from walk(value)


def shown_in_components(message: Message) -> set[int]:
    """Return ids of the attachments that components refer to."""
    return {
        int(node["attachment_id"])
        for node in walk(message.components)
        if node.get("attachment_id") is not None
    }


def _with_links(world: World, message: Message, node: object) -> object:
    """Return a copy of a tree of components in which media of attachments carry fresh links."""
    if isinstance(node, list | tuple):
        return [_with_links(world, message, child) for child in node]
    if not isinstance(node, dict):
        return node
    copy = {key: _with_links(world, message, value) for key, value in node.items()}
    if node.get("attachment_id") is None:
        if "proxy_url" in node:
            copy |= _media_payload(world, message, str(node["url"]))
        return copy
    for attachment in message.attachments:
        if attachment.id == int(node["attachment_id"]):
            copy["url"] = copy["proxy_url"] = world.links.url_of(attachment)
    return copy


def _origin_payload(origin: Origin) -> Json:
    """Return one of the …InteractionMetadataResponse."""
    payload: Json = {
        "id": str(origin.interaction_id),
        "type": int(origin.kind),
        "user": user_payload(origin.user),
        "authorizing_integration_owners": dict(origin.owners),
    }
    if origin.kind is InteractionKind.COMPONENT:
        payload["interacted_message_id"] = str(origin.pressed_message_id)
    if origin.target_message_id is not None:
        payload["target_message_id"] = str(origin.target_message_id)
    if origin.target_user is not None:
        payload["target_user"] = user_payload(origin.target_user)
    if origin.trigger is not None:
        payload["triggering_interaction_metadata"] = _origin_payload(origin.trigger)
    return payload


def message_payload(world: World, message: Message) -> Json:
    """Return a MessageResponse, with the message it replies to."""
    payload = _basic_message_payload(world, message)
    if message.forwarded is not None:
        payload["message_snapshots"] = [{"message": _snapshot(world, message.forwarded)}]
    elif message.reference_id is not None:
        replied_to = world.messages.get(message.reference_id)
        payload["referenced_message"] = replied_to and _basic_message_payload(world, replied_to)
    return payload


def _snapshot(world: World, message: Message) -> Json:
    """Return a MinimalContentMessageResponse: what a forwarded message said, not who said it."""
    whole = _basic_message_payload(world, message)
    return {name: whole[name] for name in _SNAPSHOT if name in whole}


def _basic_message_payload(world: World, message: Message) -> Json:
    """Return a BasicMessageResponse.

    Files that components show are left out of `attachments`, as Discord does
    (discord-api-docs issue 8277).
    """
    in_components = shown_in_components(message)
    payload: Json = {
        "id": str(message.id),
        "channel_id": str(message.channel_id),
        "author": user_payload(message.author),
        "type": message.type,
        "content": message.content,
        "components": _with_links(world, message, message.components),
        "attachments": [
            attachment_payload(world, attachment)
            for attachment in message.attachments
            if attachment.id not in in_components
        ],
        "embeds": [_embed_payload(world, message, embed) for embed in message.embeds],
        "flags": int(message.flags),
        "timestamp": iso(message.created_at),
        "edited_timestamp": None if message.edited_at is None else iso(message.edited_at),
        "mentions": [user_payload(user) for user in message.mentions],
        "mention_roles": [],
        "mention_everyone": False,
        "pinned": False,
        "tts": False,
    }
    payload |= _message_extras(world, message)
    return payload


def _message_extras(world: World, message: Message) -> Json:
    extras: Json = {}
    if message.author.bot:
        extras["application_id"] = str(message.author.id)
    if message.stickers:
        extras["sticker_items"] = [sticker_payload(sticker) for sticker in message.stickers]
    if message.nonce is not None:
        extras["nonce"] = message.nonce
    if message.origin is not None:
        extras["webhook_id"] = str(world.application_id)
        extras["interaction_metadata"] = _origin_payload(message.origin)
        if message.origin.command is not None:
            extras["interaction"] = {
                "id": str(message.origin.interaction_id),
                "type": int(message.origin.kind),
                "name": message.origin.command,
                "user": user_payload(message.origin.user),
            }
    if message.reference_id is not None:
        channel_id = (message.forwarded or message).channel_id
        extras["message_reference"] = {
            "type": 0 if message.forwarded is None else 1,
            "channel_id": str(channel_id),
            "message_id": str(message.reference_id),
        }
        guild_id = world.channel(channel_id).guild_id
        if guild_id is not None:
            extras["message_reference"]["guild_id"] = str(guild_id)
    return extras


def as_the_bot_sees(world: World, message: Message, payload: Json) -> Json:
    """Return a message's payload without what people wrote, as an application gets it without the
    privileged intent MESSAGE_CONTENT; its own messages, those that mention it and direct ones are
    whole. Source: Discord's API documentation, "Message Content Intent"."""
    told = message.author.id == world.bot.id or world.bot in message.mentions
    if told or world.channel(message.channel_id).guild_id is None:
        return payload
    hidden: Json = {"content": "", "attachments": [], "embeds": [], "components": []}
    for snapshot in payload.get("message_snapshots", []):
        hidden["message_snapshots"] = [{"message": snapshot["message"] | hidden}]
    return payload | hidden


def interaction_payload(world: World, interaction: Interaction) -> Json:
    """Return the `INTERACTION_CREATE` event."""
    channel = world.channel(interaction.channel_id)
    user = interaction.user
    permissions = str(int(world.permissions_of(user, channel)))
    limit = world.upload_limit if world.told_upload_limit is None else world.told_upload_limit
    payload: Json = {
        "id": str(interaction.id),
        "application_id": str(world.application_id),
        "type": int(interaction.kind),
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "locale": user.locale,
        "channel": channel_payload(world, channel) | {"permissions": permissions},
        "channel_id": str(channel.id),
        "app_permissions": str(int(world.app_permissions(user, channel))),
        "authorizing_integration_owners": dict(interaction.origin.owners),
        "context": int(world.context_of(channel)),
        "entitlements": [],
        "entitlement_sku_ids": [],
        "attachment_size_limit": limit,
    }
    guild = world.guild_of(channel)
    if guild is None:
        payload["user"] = user_payload(user)
    else:
        payload |= {
            "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
            "guild_id": str(guild.id),
            "guild_locale": guild.locale,
            "member": member_payload(world, user, guild)
            | {"permissions": permissions, "unusual_dm_activity_until": None},
        }
    if interaction.message_id is not None:
        payload["message"] = message_payload(world, world.message(interaction.message_id))
    return payload
