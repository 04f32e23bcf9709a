"""Making and editing messages: one set of rules for the channel, callback and webhook routes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.localchat.components import ComponentReader
from bot.localchat.errors import EMPTY_MESSAGE, TOO_MANY_ATTACHMENTS, ApiError, FormErrors, Json
from bot.localchat.payloads import walk
from bot.localchat.rest.call import MAX_FILES, Call
from bot.localchat.state import Attachment, Message, MessageFlag, User

MAX_CONTENT = 2000
MAX_EMBEDS = 10
MAX_DESCRIPTION = 1024
SENDABLE_FLAGS = (
    MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.COMPONENTS_V2
)
_MENTION = re.compile(r"<@!?([0-9]+)>")


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that passed all checks, and the bytes of its new files."""

    message: Message
    uploads: tuple[tuple[Attachment, bytes], ...]

    async def keep_files(self, call: Call) -> Message:
        """Stores the new files; the message may appear now."""
        for attachment, data in self.uploads:
            await call.world.storage.add(attachment, data)
        return self.message


def draft(
    call: Call, form: Json, message: Message, *, new: bool, under: tuple[str, ...] = ()
) -> Draft:
    """Applies a request's fields to a message.

    Args:
        call: has the uploads.
        form: fields as in Discord's message requests; what is absent stays as it is.
        message: the state before; for a new message, an empty one.
        new: whether the message is being made.
        under: where `form` stands within the request's body, for the words of a refusal.

    Raises:
        ApiError: 50035 with everything that is wrong, 50006 if nothing would be left to show,
            or 30015 if there would be more than ten files.
    """
    errors = FormErrors(under)
    flags = _flags(form, message, errors)
    uploads = _uploads(call, form, f"attachments/{message.channel_id}", errors)
    attachments = _attachments(form, message, [upload for upload, _ in uploads], errors)
    changed = replace(
        message,
        flags=flags,
        attachments=attachments,
        content=_content(form, message, errors),
        embeds=_embeds(form, message, errors),
        components=_components(call, form, message, flags, attachments, errors),
    )
    if changed.is_v2:
        _refuse_legacy_fields(changed, form, errors)
    errors.raise_if_any()
    if len(attachments) > MAX_FILES:
        raise ApiError(*TOO_MANY_ATTACHMENTS)
    if not (changed.content or changed.embeds or changed.components or attachments):
        raise ApiError(*EMPTY_MESSAGE)
    people = [*call.world.people.values(), call.world.bot]
    changed = replace(changed, mentions=_mentions(changed, form.get("allowed_mentions"), people))
    if not new:
        loading = bool(message.flags & MessageFlag.LOADING)
        changed = replace(
            changed,
            flags=flags & ~MessageFlag.LOADING,
            edited_at=message.edited_at if loading else call.world.clock(),
        )
    return Draft(changed, tuple(uploads))


async def edit(call: Call, form: Json, message_id: int, *, under: tuple[str, ...] = ()) -> Message:
    """Edits a message and returns its new state; edits of one message never overlap.

    Raises:
        ApiError: as for `draft`, or the message is gone.
    """
    world = call.world
    async with world.editing:
        drafted = draft(call, form, world.message(message_id), new=False, under=under)
        message = await drafted.keep_files(call)
        await world.change_message(message)
    return message


def _flags(form: Json, message: Message, errors: FormErrors) -> MessageFlag:
    wanted = form.get("flags")
    if wanted is None:
        return message.flags
    if not isinstance(wanted, int):
        errors.add(("flags",), "NUMBER_TYPE_COERCE", f'Value "{wanted}" is not int.')
        return message.flags
    if message.is_v2 and not wanted & MessageFlag.COMPONENTS_V2:
        errors.add(
            ("flags",),
            "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG",
            "The MessageFlags.IS_COMPONENTS_V2 flag cannot be removed.",
        )
    return (message.flags & ~SENDABLE_FLAGS) | (MessageFlag(wanted) & SENDABLE_FLAGS)


def _content(form: Json, message: Message, errors: FormErrors) -> str:
    if "content" not in form:
        return message.content
    content = form["content"]
    if content is None:
        return ""
    if not isinstance(content, str):
        errors.add(("content",), "STRING_TYPE_CONVERT", "Could not interpret as string.")
        return ""
    errors.length(("content",), content, 0, MAX_CONTENT)
    return content.strip()


def _embeds(form: Json, message: Message, errors: FormErrors) -> tuple[Json, ...]:
    if "embeds" not in form:
        return message.embeds
    embeds = errors.objects(("embeds",), form["embeds"])
    errors.length(("embeds",), embeds, 0, MAX_EMBEDS)
    return tuple({"type": "rich"} | embed for embed in embeds)


def _components(
    call: Call,
    form: Json,
    message: Message,
    flags: MessageFlag,
    attachments: tuple[Attachment, ...],
    errors: FormErrors,
) -> tuple[Json, ...]:
    if "components" not in form:
        return message.components
    reader = ComponentReader(
        v2=bool(flags & MessageFlag.COMPONENTS_V2),
        attachments=attachments,
        ids=call.world.ids,
        errors=errors,
    )
    return reader.read(form["components"] or [])


def _refuse_legacy_fields(message: Message, form: Json, errors: FormErrors) -> None:
    for name, value in (
        ("content", message.content),
        ("embeds", message.embeds),
        ("poll", form.get("poll")),
        ("sticker_ids", form.get("sticker_ids")),
    ):
        if value:
            errors.add(
                (name,),
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
            )


def _uploads(
    call: Call, form: Json, folder: str, errors: FormErrors
) -> list[tuple[Attachment, bytes]]:
    """An attachment for each file, with the description its entry in `attachments` gives it."""
    entries: dict[str, Json] = {}
    for at, entry in enumerate(errors.objects(("attachments",), form.get("attachments"))):
        description = entry.get("description")
        if description is not None:
            path = ("attachments", at, "description")
            errors.length(path, str(description), 0, MAX_DESCRIPTION)
        entries[str(entry.get("id"))] = entry
    uploads = []
    for number, file in sorted(call.files.items()):
        entry = entries.get(str(number), {})
        named = replace(file, filename=entry.get("filename") or file.filename)
        attachment = call.world.new_attachment(
            named, folder=folder, description=entry.get("description")
        )
        uploads.append((attachment, file.data))
    return uploads


def _attachments(
    form: Json, message: Message, uploads: list[Attachment], errors: FormErrors
) -> tuple[Attachment, ...]:
    """Files the message has afterwards: those kept, then the new ones."""
    if "attachments" not in form:
        return (*message.attachments, *uploads)
    listed = form["attachments"] if isinstance(form["attachments"], list) else []
    existing = {str(attachment.id): attachment for attachment in message.attachments}
    kept = []
    for at, entry in enumerate(listed):
        number = str(entry.get("id")) if isinstance(entry, dict) else ""
        if number in existing:
            kept.append(existing[number])
        elif not (number.isdigit() and int(number) < len(uploads)):
            errors.add(
                ("attachments", at, "id"),
                "ATTACHMENT_NOT_FOUND",
                f"Attachment with id {number[:30]} was not found",
            )
    return (*kept, *uploads)


def _mentions(message: Message, allowed: Any, people: Iterable[User]) -> tuple[User, ...]:
    """Who is notified: people named in the text, as far as `allowed_mentions` lets them be."""
    texts = [message.content]
    texts += [str(node["content"]) for node in walk(message.components) if "content" in node]
    named = {int(number) for text in texts for number in _MENTION.findall(text)}
    if isinstance(allowed, Mapping) and "users" not in (allowed.get("parse") or []):
        named &= {int(user_id) for user_id in allowed.get("users") or []}
    return tuple(user for user in people if user.id in named)
