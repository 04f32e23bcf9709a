"""The embeds of messages: Discord's limits.

Source: Discord's API documentation, "Message → Embed Limits".
"""

from __future__ import annotations

from typing import Any

from localchat.errors import FormErrors, Json

MAX_EMBEDS = 10
MAX_FIELDS = 25
MAX_SIZE = 6000
"""Characters of all texts of all embeds of one message."""
MAX_COLOUR = 0xFFFFFF

_PAGES = ("http", "https")
_PICTURES = ("http", "https", "attachment")
_PARTS = {
    "author": (("name", 1, 256),),
    "footer": (("text", 1, 2048),),
    "image": (),
    "thumbnail": (),
}
"""Objects within an embed, and their texts with their shortest and longest."""
_LINKS = {"author": "icon_url", "footer": "icon_url", "image": "url", "thumbnail": "url"}

Path = tuple[str | int, ...]


def read_embeds(given: Any, errors: FormErrors) -> tuple[Json, ...]:
    """Return a message's embeds as Discord answers with them; note what is wrong in `errors`."""
    embeds = errors.objects(("embeds",), given)
    errors.length(("embeds",), embeds, 0, MAX_EMBEDS)
    size = sum(_read(embed, ("embeds", at), errors) for at, embed in enumerate(embeds))
    if size > MAX_SIZE:
        message = f"Embed size exceeds maximum size of {MAX_SIZE}"
        errors.add(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", message)
    return tuple({"type": "rich"} | embed for embed in embeds)


def _read(embed: Json, path: Path, errors: FormErrors) -> int:
    """Check one embed and returns how many characters of the whole message's it takes."""
    texts = [
        errors.text(embed, key, path, 0, most)
        for key, most in (("title", 256), ("description", 4096))
    ]
    errors.link(embed, "url", path, _PAGES, optional=True)
    errors.count(embed, "color", path, 0, MAX_COLOUR)
    for key, limits in _PARTS.items():
        if embed.get(key) is None:
            continue
        here = (*path, key)
        part = errors.object(here, embed[key])
        texts += [errors.text(part, name, here, low, high) for name, low, high in limits]
        optional = _LINKS[key] == "icon_url"
        errors.link(part, _LINKS[key], here, _PICTURES, optional=optional)
    fields = errors.objects((*path, "fields"), embed.get("fields"))
    errors.length((*path, "fields"), fields, 0, MAX_FIELDS)
    for at, field in enumerate(fields):
        here = (*path, "fields", at)
        texts += [
            errors.text(field, "name", here, 1, 256),
            errors.text(field, "value", here, 1, 1024),
        ]
    return sum(len(text) for text in texts if text)
