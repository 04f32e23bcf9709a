"""Making and editing messages: one set of rules for the channel, callback and webhook routes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from localchat.components import ComponentReader
from localchat.embeds import read_embeds
from localchat.enums import MessageFlag
from localchat.errors import EMPTY_MESSAGE, TOO_MANY_ATTACHMENTS, ApiError, FormErrors, Json
from localchat.mentions import check_allowed, mentioned
from localchat.rest.call import MAX_FILES, Call
from localchat.state import Attachment, Message

MAX_CONTENT = 2000
MAX_DESCRIPTION = 1024
MAX_FILENAME = 1024
SENDABLE_FLAGS = (
    MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.COMPONENTS_V2
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that passed all checks, and the bytes of its new files."""

    message: Message
    uploads: tuple[tuple[Attachment, bytes], ...]

    async def keep_files(self, call: Call) -> Message:
        """Store the new files; the message may appear now."""
        for attachment, data in self.uploads:
            await call.world.storage.add(attachment, data)
        return self.message


def draft(
    call: Call, form: Json, message: Message, *, new: bool, under: tuple[str, ...] = ()
) -> Draft:
    """Apply a request's fields to a message.

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
    attachments = _attachments(call, form, message, [upload for upload, _ in uploads], errors)
    changed = replace(
        message,
        flags=flags,
        attachments=attachments,
        content=_content(form, message, errors),
        embeds=read_embeds(form["embeds"], errors) if "embeds" in form else message.embeds,
        components=_components(call, form, message, flags, attachments, errors),
    )
    allowed = None
    if form.get("allowed_mentions") is not None:
        allowed = check_allowed(form["allowed_mentions"], errors)
    if changed.is_v2:
        _refuse_legacy_fields(changed, form, errors)
    errors.raise_if_any()
    _check_size(changed)
    people = [*call.world.people.values(), call.world.bot]
    changed = replace(changed, mentions=mentioned(changed, allowed, people))
    if not new:
        loading = bool(message.flags & MessageFlag.LOADING)
        changed = replace(
            changed,
            flags=flags & ~MessageFlag.LOADING,
            edited_at=message.edited_at if loading else call.world.clock(),
        )
    return Draft(changed, tuple(uploads))


def _check_size(message: Message) -> None:
    if len(message.attachments) > MAX_FILES:
        raise ApiError(*TOO_MANY_ATTACHMENTS)
    shown = message.content or message.embeds or message.components or message.attachments
    if not shown:
        raise ApiError(*EMPTY_MESSAGE)


async def edit(call: Call, form: Json, message_id: int, *, under: tuple[str, ...] = ()) -> Message:
    """Edit a message and return its new state; edits of one message never overlap.

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
    """Return an attachment for each file, described as its entry in `attachments` says."""
    entries: dict[str, Json] = {}
    for at, entry in enumerate(errors.objects(("attachments",), form.get("attachments"))):
        here = ("attachments", at)
        errors.text(entry, "description", here, 0, MAX_DESCRIPTION)
        errors.text(entry, "filename", here, 1, MAX_FILENAME, optional=True)
        entries[str(entry.get("id"))] = entry
    uploads = []
    for number, file in sorted(call.files.items()):
        entry = entries.get(str(number), {})
        named = replace(file, filename=str(entry.get("filename") or file.filename))
        attachment = call.world.new_attachment(
            named, folder=folder, description=entry.get("description")
        )
        uploads.append((attachment, file.data))
    return uploads


def _attachments(
    call: Call, form: Json, message: Message, uploads: list[Attachment], errors: FormErrors
) -> tuple[Attachment, ...]:
    """Return files the message has afterwards: those kept, then the new ones."""
    if "attachments" not in form:
        return (*message.attachments, *uploads)
    listed = form["attachments"] if isinstance(form["attachments"], list) else []
    existing = {str(attachment.id): attachment for attachment in message.attachments}
    sent = {str(number) for number in call.files}
    kept = []
    for at, entry in enumerate(listed):
        number = str(entry.get("id")) if isinstance(entry, dict) else ""
        if number in existing:
            kept.append(existing[number])
        elif number not in sent:
            errors.add(
                ("attachments", at, "id"),
                "ATTACHMENT_NOT_FOUND",
                f"Attachment with id {number[:30]} was not found",
            )
    return (*kept, *uploads)
