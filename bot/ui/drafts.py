"""What somebody filled into a form that could not be used: kept, so that it need not be done again.

In memory, the latest few hundred: after a restart the form has to be filled in anew.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

_MOST: Final = 300
_KEY_BYTES: Final = 8
_FILE_UPLOAD: Final = 19  # https://discord.com/developers/docs/components/reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A submission, as Discord sent it.

    Attributes:
        user_id: whose it is.
        address: of the form.
        components: its labels, each with its field, in their order.
        resolved: the files that were sent along.
    """

    user_id: int
    address: str
    components: list[Any]
    resolved: dict[str, Any]

    def values(self) -> list[Any]:
        """What is in each field: a text, chosen values, or names of files."""
        files = self.resolved.get("attachments", {})
        fields = [label["component"] for label in self.components]
        return [
            [files[each]["filename"] for each in field["values"]]
            if field["type"] == _FILE_UPLOAD
            else field.get("value", field.get("values"))
            for field in fields
        ]

    def complete(self, components: list[Any], resolved: dict[str, Any]) -> None:
        """Put the files of this one where none were sent again."""
        for label, former in zip(components, self.components, strict=True):
            field, kept = label["component"], former["component"]
            if field["type"] == _FILE_UPLOAD and not field["values"]:
                field["values"] = kept["values"]
        files = self.resolved.get("attachments", {})
        resolved["attachments"] = {**files, **resolved.get("attachments", {})}


class Drafts:
    """The latest drafts."""

    def __init__(self) -> None:
        self._drafts: dict[str, Draft] = {}

    def keep(self, draft: Draft) -> str:
        """Keep one; returns its key."""
        key = secrets.token_hex(_KEY_BYTES)
        self._drafts[key] = draft
        while len(self._drafts) > _MOST:
            del self._drafts[next(iter(self._drafts))]
        return key

    def get(self, user_id: int, key: str) -> Draft | None:
        """Somebody's draft; None for one that is gone, or another person's."""
        draft = self._drafts.get(key)
        return draft if draft and draft.user_id == user_id else None
