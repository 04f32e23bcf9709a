"""`/interactions/…/callback` and `/webhooks/…`: answering what a person did.

Source: Discord's API documentation, "Receiving and Responding to Interactions". The first answer
must come within 3 seconds, the token lives 15 minutes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from localchat.catalog import type_of_focused
from localchat.clock import snowflake
from localchat.enums import NO_FLAG, Install, InteractionKind, MessageFlag
from localchat.errors import (
    ALREADY_ACKNOWLEDGED,
    INVALID_WEBHOOK_TOKEN,
    UNKNOWN_INTERACTION,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
    ApiError,
    FormErrors,
    Json,
    invalid_form,
)
from localchat.modals import read_modal
from localchat.payloads import message_payload
from localchat.permissions import Permission
from localchat.ratelimit import Limit
from localchat.rest.call import Answer, Call, Handler, Route
from localchat.rest.compose import draft, edit
from localchat.rest.registration import check_choices
from localchat.rest.threads import check_editable, check_writable
from localchat.state import Interaction, Message

REPLY, CHAT_COMMAND, MENU_COMMAND = 19, 20, 23  # types of messages

MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, AUTOCOMPLETE, MODAL = 4, 5, 6, 7, 8, 9

_ALLOWED: Final = {
    InteractionKind.COMMAND: {MESSAGE, DEFERRED_MESSAGE, MODAL},
    InteractionKind.COMPONENT: {MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, MODAL},
    InteractionKind.AUTOCOMPLETE: {AUTOCOMPLETE},
    InteractionKind.MODAL_SUBMIT: {MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE},
}


# the first answer


async def callback(call: Call) -> Answer:
    """POST /interactions/{interaction_id}/{interaction_token}/callback."""
    interaction = call.world.interactions.get(call.id("interaction_id"))
    if interaction is None or interaction.token != call.params["interaction_token"]:
        raise ApiError(*UNKNOWN_INTERACTION)
    if interaction.acknowledged_at is not None:
        raise ApiError(*ALREADY_ACKNOWLEDGED)
    if call.arrived - interaction.created_at > call.world.limits.acknowledge_seconds:
        raise ApiError(*UNKNOWN_INTERACTION)
    form = call.form()
    kind = form.get("type")
    possible = _possible_answers(interaction)
    if not isinstance(kind, int) or kind not in possible:
        allowed = ", ".join(map(str, sorted(possible)))
        message = f"Value must be one of {{{allowed}}}."
        raise invalid_form(("type",), "BASE_TYPE_CHOICES", message)
    errors = FormErrors()
    data = errors.object(("data",), form.get("data"))
    errors.raise_if_any()
    await _ANSWERS[kind](call, interaction, data)
    interaction.acknowledged_at = call.arrived
    interaction.callback_type = kind
    call.world.answered(interaction)
    if not call.flag("with_response"):
        return Answer(204)
    return Answer(200, _callback_response(call, interaction, kind))


def _possible_answers(interaction: Interaction) -> set[int]:
    possible = _ALLOWED[interaction.kind]
    if interaction.kind is InteractionKind.MODAL_SUBMIT and interaction.message_id is None:
        return possible - {DEFERRED_UPDATE, UPDATE}  # opened by a command: nothing to update
    return possible


async def _send(call: Call, interaction: Interaction, data: Json) -> None:
    blank = _blank(call, interaction, data, reply_to=interaction.message_id)
    drafted = draft(call, data, blank, new=True, under=("data",))
    message = await drafted.keep_files(call)
    interaction.response_message_id = message.id
    call.world.add_message(message)


async def _defer(call: Call, interaction: Interaction, data: Json) -> None:
    # Of all flags only "ephemeral" counts here: Components V2 can be set at the edit.
    blank = _blank(call, interaction, data, reply_to=interaction.message_id, loading=True)
    interaction.response_message_id = blank.id
    call.world.add_message(blank)


async def _defer_update(_call: Call, interaction: Interaction, _data: Json) -> None:
    interaction.response_message_id = interaction.message_id


async def _update(call: Call, interaction: Interaction, data: Json) -> None:
    message = call.world.message(interaction.message_id or 0)
    check_editable(call, message)
    await edit(call, data, message.id, under=("data",))
    interaction.response_message_id = message.id


async def _suggest(_call: Call, interaction: Interaction, data: Json) -> None:
    if not isinstance(data.get("choices"), list):
        raise invalid_form(("data", "choices"), "BASE_TYPE_REQUIRED", "This field is required")
    errors = FormErrors(("data",))
    choices = check_choices(data["choices"], type_of_focused(interaction.data), (), errors)
    errors.raise_if_any()
    interaction.choices = choices


async def _open_modal(_call: Call, interaction: Interaction, data: Json) -> None:
    interaction.modal = read_modal(data)


_ANSWERS: dict[int, Callable[[Call, Interaction, Json], Awaitable[None]]] = {
    MESSAGE: _send,
    DEFERRED_MESSAGE: _defer,
    DEFERRED_UPDATE: _defer_update,
    UPDATE: _update,
    AUTOCOMPLETE: _suggest,
    MODAL: _open_modal,
}


def _blank(
    call: Call,
    interaction: Interaction,
    data: Json,
    *,
    reply_to: int | None,
    loading: bool = False,
) -> Message:
    """Return an empty message that answers an interaction."""
    flags = data.get("flags")
    ephemeral = isinstance(flags, int) and bool(flags & MessageFlag.EPHEMERAL)
    ephemeral = ephemeral or _only_for_themselves(call, interaction)
    given = MessageFlag.EPHEMERAL if ephemeral else NO_FLAG
    if loading:
        given |= MessageFlag.LOADING
    if not ephemeral:
        check_writable(call, call.world.channel(interaction.channel_id))
    origin = interaction.origin.trigger or interaction.origin
    is_menu = origin.target_message_id is not None or origin.target_user is not None
    return Message(
        id=call.world.ids.next(),
        channel_id=interaction.channel_id,
        author=call.world.bot,
        created_at=call.world.clock(),
        type=REPLY if reply_to is not None else MENU_COMMAND if is_menu else CHAT_COMMAND,
        flags=given,
        reference_id=reply_to,
        visible_to=interaction.user.id if ephemeral else None,
        origin=interaction.origin,
    )


def _only_for_themselves(call: Call, interaction: Interaction) -> bool:
    """Return whether only one person has the application, who may not use it publicly."""
    channel = call.world.channel(interaction.channel_id)
    if str(int(Install.GUILD)) in interaction.origin.owners or channel.guild_id is None:
        return False
    permissions = call.world.permissions_of(interaction.user, channel)
    return Permission.USE_EXTERNAL_APPS not in permissions


def _callback_response(call: Call, interaction: Interaction, kind: int) -> Json:
    """Return an InteractionCallbackResponse."""
    about: Json = {
        "id": str(interaction.id),
        "type": int(interaction.kind),
        "channel_id": str(interaction.channel_id),
    }
    guild_id = call.world.channel(interaction.channel_id).guild_id
    if guild_id is not None:
        about["guild_id"] = str(guild_id)
    response: Json = {"interaction": about}
    if interaction.response_message_id is None:
        return response
    message = call.world.message(interaction.response_message_id)
    about["response_message_id"] = str(message.id)
    about["response_message_loading"] = kind == DEFERRED_MESSAGE
    about["response_message_ephemeral"] = message.visible_to is not None
    if kind in {MESSAGE, UPDATE}:
        response["resource"] = {"type": kind, "message": message_payload(call.world, message)}
    return response


# further messages through the interaction's token


def _interaction(call: Call) -> Interaction:
    """Return the interaction of the path, if its token is still alive and it has been answered."""
    interaction = call.world.interaction_with(call.params["webhook_token"])
    if call.id("webhook_id") != call.world.application_id or interaction is None:
        raise ApiError(*UNKNOWN_WEBHOOK)
    if call.arrived - interaction.created_at > call.world.limits.token_seconds:
        raise ApiError(*INVALID_WEBHOOK_TOKEN)
    if interaction.acknowledged_at is None:
        raise ApiError(*UNKNOWN_WEBHOOK)
    return interaction


def _own_message(call: Call) -> Message:
    """Return the message of the path, if it was sent through this token."""
    interaction = _interaction(call)
    name = call.params.get("message_id", "@original")
    message_id = interaction.response_message_id if name == "@original" else snowflake(name)
    if message_id is None:
        raise ApiError(*UNKNOWN_MESSAGE)
    if message_id != interaction.response_message_id and message_id not in interaction.followup_ids:
        raise ApiError(*UNKNOWN_MESSAGE)
    return call.world.message(message_id)


async def followup(call: Call) -> Answer:
    """POST /webhooks/{webhook_id}/{webhook_token}.

    The first one after a deferred answer fills that answer, as on Discord.
    """
    interaction = _interaction(call)
    form = call.form()
    original = call.world.messages.get(interaction.response_message_id or 0)
    if original is not None and original.flags & MessageFlag.LOADING:
        message = await edit(call, form, original.id)
    else:
        blank = _blank(call, interaction, form, reply_to=interaction.response_message_id)
        drafted = draft(call, form, blank, new=True)
        message = await drafted.keep_files(call)
        interaction.followup_ids.append(message.id)
        call.world.add_message(message)
    # Applications always wait; `wait=false` is for webhooks that are not theirs.
    return Answer(200, message_payload(call.world, message))


async def get_own_message(call: Call) -> Answer:
    """GET of the original response or a follow-up."""
    return Answer(200, message_payload(call.world, _own_message(call)))


async def edit_own_message(call: Call) -> Answer:
    """PATCH of the original response or a follow-up."""
    message = _own_message(call)
    check_editable(call, message)
    message = await edit(call, call.form(), message.id)
    return Answer(200, message_payload(call.world, message))


async def delete_own_message(call: Call) -> Answer:
    """DELETE of the original response or a follow-up."""
    async with call.world.editing:
        await call.world.remove_message(_own_message(call))
    return Answer(204)


def _webhook_route(method: str, rest: str, handler: Handler) -> Route:
    return Route(
        method=method,
        template="/webhooks/{webhook_id}/{webhook_token}" + rest,
        handler=handler,
        limit=Limit(5, 5),
        bucket="webhook",
        major="webhook_token",
        needs_token=False,
    )


ROUTES = [
    Route(
        method="POST",
        template="/interactions/{interaction_id}/{interaction_token}/callback",
        handler=callback,
        needs_token=False,
    ),
    _webhook_route("POST", "", followup),
    *(
        _webhook_route(method, f"/messages/{which}", handler)
        for which in ("@original", "{message_id}")
        for method, handler in (
            ("GET", get_own_message),
            ("PATCH", edit_own_message),
            ("DELETE", delete_own_message),
        )
    ),
]
