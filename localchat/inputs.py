"""What people put into options, menus and forms, and what Discord's client lets them send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from localchat.errors import Json
from localchat.kinds import Option
from localchat.words import Words

PERSON_UPLOAD_LIMIT = 50 * 1024 * 1024
TOO_LARGE: Final = "'{name}' is too large: a file may have {limit} MiB at most"
COUNT: Final = "'{name}' takes {low} to {high} values"


class Upload(NamedTuple):
    """A file that a person attaches.

    Attributes:
        filename: as they call it.
        data: its bytes.
        content_type: what they claim it to be. Nobody looks at it: Discord goes by the name.
        spoiler: whether they hide it until somebody clicks.
    """

    filename: str
    data: bytes
    content_type: str | None = None
    spoiler: bool = False


OptionValue = str | int | float | bool | Upload
"""The value of a command's option. A member, role or channel is its name or its id."""

FieldValue = str | bool | Upload | Sequence[str | int | Upload]
"""What is put into one field of a modal: a text; yes or no; options, members, roles or channels by
name or id; files."""


class InvalidInput(ValueError):
    """Discord's client would not let a person send this; the text says why.

    Args:
        template: the sentence, with `{named}` placeholders for the values.
    """

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template.format(**values))
        self._template, self._values = template, values

    def said_in(self, words: Words) -> str:
        """Return the text in a language."""
        return words(self._template, **self._values)


_ENTITY: Final = (str, int)
_TYPES: Final[Mapping[int, tuple[type, ...]]] = {
    Option.STRING: (str,),
    Option.INTEGER: (int,),
    Option.BOOLEAN: (bool,),
    Option.NUMBER: (int, float),
    Option.ATTACHMENT: (tuple,),
    Option.USER: _ENTITY,
    Option.CHANNEL: _ENTITY,
    Option.ROLE: _ENTITY,
    Option.MENTIONABLE: _ENTITY,
}
ENTITY_OPTIONS: Final = frozenset({Option.USER, Option.CHANNEL, Option.ROLE, Option.MENTIONABLE})
"""Options whose value is somebody or something in the chat."""


def check_option(spec: Json, value: OptionValue) -> OptionValue:
    """Return a value as its registration allows it.

    Raises:
        InvalidInput: wrong type, out of bounds, not one of the choices, or too large a file.
    """
    name, kind = spec["name"], spec["type"]
    allowed = _TYPES.get(kind, (str,))
    if not isinstance(value, allowed) or (isinstance(value, bool) and kind != Option.BOOLEAN):
        raise InvalidInput("'{name}' is not a value of this kind", name=name)
    if isinstance(value, tuple):
        return check_upload(name, Upload(*value))
    choices = [choice["value"] for choice in spec.get("choices") or []]
    if choices and value not in choices:
        raise InvalidInput("'{name}' must be one of the choices", name=name)
    if kind not in ENTITY_OPTIONS:
        _check_bounds(spec, value)
    return value


def check_upload(name: str, upload: Upload) -> Upload:
    """Return a file that is not larger than a person may send.

    Raises:
        InvalidInput: it is.
    """
    if len(upload.data) > PERSON_UPLOAD_LIMIT:
        limit = PERSON_UPLOAD_LIMIT // 1024 // 1024
        raise InvalidInput(TOO_LARGE, name=name, limit=limit)
    return upload


def _check_bounds(spec: Json, value: str | float) -> None:
    is_text = isinstance(value, str)
    measure = len(value) if isinstance(value, str) else value
    low = spec.get("min_length" if is_text else "min_value")
    high = spec.get("max_length" if is_text else "max_value")
    if low is not None and measure < low:
        raise InvalidInput("'{name}' must be at least {low}", name=spec["name"], low=low)
    if high is not None and measure > high:
        raise InvalidInput("'{name}' must be at most {high}", name=spec["name"], high=high)


def check_count(name: str, node: Json, count: int) -> None:
    """Check the number of values chosen in a menu, or of files in a field.

    Raises:
        InvalidInput: there are too few or too many; none is fine where nothing is required.
    """
    if count == 0 and node.get("required") is False:
        return
    low = max(node["min_values"], 1) if node.get("required") else node["min_values"]
    if not low <= count <= node["max_values"]:
        raise InvalidInput(COUNT, name=name, low=low, high=node["max_values"])
