"""Who is told of a message: the names in its text, as far as `allowed_mentions` lets them be.

Source: Discord's API documentation, "Message → Allowed Mentions".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from localchat.clock import ID, snowflake
from localchat.errors import FormErrors, Json
from localchat.payloads import walk
from localchat.state import Message, User

KINDS = ("roles", "users", "everyone")
MAX_IDS = 100
_MENTION = re.compile(rf"<@!?({ID})>")


def check_allowed(given: Any, errors: FormErrors) -> Json:
    """Return a request's `allowed_mentions`; good only if no error was noted."""
    path = ("allowed_mentions",)
    allowed = errors.object(path, given)
    parse = _list(allowed, "parse", errors)
    for at, kind in enumerate(parse):
        if kind not in KINDS:
            message = f"Value must be one of ({', '.join(KINDS)})."
            errors.add((*path, "parse", at), "BASE_TYPE_CHOICES", message)
    for kind in ("users", "roles"):
        ids = _list(allowed, kind, errors)
        errors.length((*path, kind), ids, 0, MAX_IDS)
        for at, each in enumerate(ids):
            if not snowflake(each):
                message = f'Value "{each!s:.50}" is not snowflake.'
                errors.add((*path, kind, at), "NUMBER_TYPE_COERCE", message)
        if ids and kind in parse:
            message = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            errors.add(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
    return allowed


def _list(allowed: Json, key: str, errors: FormErrors) -> list[Any]:
    given = allowed.get(key)
    if given is None or isinstance(given, list):
        return given or []
    message = "Only iterables may be used in a ListType"
    errors.add(("allowed_mentions", key), "LIST_TYPE_CONVERT", message)
    return []


def mentioned(message: Message, allowed: Json | None, people: Iterable[User]) -> tuple[User, ...]:
    """Return who is told.

    Args:
        message: has the text.
        allowed: what `check_allowed` returned; None if the request said nothing.
        people: who there is.
    """
    texts = [message.content]
    texts += [str(node["content"]) for node in walk(message.components) if "content" in node]
    named = {int(number) for text in texts for number in _MENTION.findall(text)}
    if allowed is not None and "users" not in (allowed.get("parse") or []):
        named &= {snowflake(user_id) for user_id in allowed.get("users") or []}
    return tuple(user for user in people if user.id in named)
