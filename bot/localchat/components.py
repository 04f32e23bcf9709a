"""The components of messages: Discord's limits, and the shape Discord answers with.

Source: Discord's API documentation, "Component Reference". Beside what `reader.py` does,
`attachment://` references are resolved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.localchat import kinds
from bot.localchat.clock import Snowflakes
from bot.localchat.errors import FormErrors, Json
from bot.localchat.kinds import LINK_STYLE, Component
from bot.localchat.reader import MAX_COMPONENTS, Path, Reader, ReadOne
from bot.localchat.state import Attachment

MAX_ROWS = 5
MAX_BUTTONS = 5


class ComponentReader(Reader):
    """Reads the components of one message.

    Args:
        v2: whether the message carries the Components V2 flag.
        attachments: the files of the message, which `attachment://name` may refer to.
        ids: gives media their ids.
        errors: takes what is wrong.
    """

    def __init__(
        self, *, v2: bool, attachments: Sequence[Attachment], ids: Snowflakes, errors: FormErrors
    ) -> None:
        super().__init__(errors)
        self._v2 = v2
        self._attachments = {
            attachment.filename: attachment for attachment in reversed(attachments)
        }
        self._ids = ids
        readers: dict[int, ReadOne] = {
            Component.ROW: self._row,
            Component.BUTTON: self._button,
            Component.STRING_SELECT: self._select,
            Component.SECTION: self._section,
            Component.TEXT: self._text_display,
            Component.THUMBNAIL: self._thumbnail,
            Component.GALLERY: self._gallery,
            Component.FILE: self._file,
            Component.SEPARATOR: self._separator,
            Component.CONTAINER: self._container,
        }
        self._readers = readers | dict.fromkeys(kinds.ENTITY_SELECTS, self._select)

    def read(self, components: Any) -> tuple[Json, ...]:
        """All components, in the answer's shape; complete only if no error was noted."""
        top: Path = ("components",)
        if not self._v2 and isinstance(components, list):
            self._errors.length(top, components, 0, MAX_ROWS)
        return tuple(self._tree(components, top, kinds.TOP_V2 if self._v2 else kinds.TOP_LEGACY))

    # shared parts

    def _media(self, node: Any, path: Path, *, attachment_only: bool = False) -> Json:
        url = self._errors.text(node if isinstance(node, dict) else {}, "url", path, 1, 2048) or ""
        media: Json = {"id": str(self._ids.next()), "url": url, "proxy_url": url}
        scheme, _, rest = url.partition("://")
        if scheme == "attachment":
            attachment = self._attachments.get(rest)
            if attachment is None:
                self._errors.add(
                    (*path, "url"),
                    "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
                    f"The referenced attachment was not found: {rest[:100]}",
                )
                return media
            return media | {
                "width": attachment.width,
                "height": attachment.height,
                "content_type": attachment.content_type,
                "attachment_id": str(attachment.id),
            }
        if url and (attachment_only or scheme not in {"http", "https"}):
            wanted = "attachment" if attachment_only else "http, https, attachment"
            self._bad_scheme(url, (*path, "url"), wanted)
        return media | {"width": None, "height": None, "content_type": None}

    def _bad_scheme(self, url: str, path: Path, wanted: str) -> None:
        scheme = url.partition(":")[0][:20]
        message = f'Scheme "{scheme}" is not supported. Scheme must be one of ({wanted}).'
        self._errors.add(path, "URL_TYPE_INVALID_SCHEME", message)

    def _described(self, node: Json, path: Path) -> Json:
        return {
            "description": self._errors.text(node, "description", path, 0, 1024),
            "spoiler": bool(node.get("spoiler")),
        }

    # one method per type of component

    def _row(self, node: Json, path: Path) -> Json:
        children = self._children(node.get("components"), (*path, "components"), kinds.IN_ROW)
        selects = sum(child.get("type") != Component.BUTTON for child in children)
        self._errors.length((*path, "components"), children, 1, MAX_BUTTONS)
        if selects and len(children) > 1:
            self._errors.add(
                (*path, "components"),
                "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
                "The specified component exceeds the maximum width",
            )
        return {"components": children}

    def _button(self, node: Json, path: Path) -> Json:
        style = node.get("style")
        if style not in (1, 2, 3, 4, 5):
            message = "Value must be one of {1, 2, 3, 4, 5}."
            self._errors.add((*path, "style"), "BASE_TYPE_CHOICES", message)
        button: Json = {"style": style, "disabled": bool(node.get("disabled"))}
        label = self._errors.text(node, "label", path, 0, 80)
        if label is None and node.get("emoji") is None:
            self._errors.add(path, "BUTTON_COMPONENT_INVALID", "A label or an emoji is required")
        if style == LINK_STYLE:
            button["url"] = url = self._errors.text(node, "url", path, 1, 512) or ""
            if url and url.partition("://")[0] not in {"http", "https", "discord"}:
                self._bad_scheme(url, (*path, "url"), "http, https, discord")
            if node.get("custom_id") is not None:
                message = "A custom id and url cannot both be specified"
                self._errors.add(path, "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", message)
        else:
            button["custom_id"] = self._custom_id(node, path)
        if label is not None:
            button["label"] = label
        if isinstance(emoji := node.get("emoji"), dict):
            button["emoji"] = {"name": str(emoji.get("name") or "")}
            if emoji.get("id"):
                button["emoji"] |= {"id": str(emoji["id"]), "animated": bool(emoji.get("animated"))}
        return button

    def _section(self, node: Json, path: Path) -> Json:
        texts = self._children(node.get("components"), (*path, "components"), kinds.IN_SECTION)
        self._errors.length((*path, "components"), texts, 1, 3)
        accessory = self._component(
            node.get("accessory"),
            (*path, "accessory"),
            kinds.ACCESSORY,
        )
        return {"components": texts, "accessory": accessory}

    def _thumbnail(self, node: Json, path: Path) -> Json:
        return {"media": self._media(node.get("media"), (*path, "media"))} | self._described(
            node, path
        )

    def _gallery(self, node: Json, path: Path) -> Json:
        items = node.get("items")
        items = items if isinstance(items, list) else []
        self._errors.length((*path, "items"), items, 1, 10)
        return {
            "items": [self._thumbnail(item, (*path, "items", at)) for at, item in enumerate(items)]
        }

    def _file(self, node: Json, path: Path) -> Json:
        media = self._media(node.get("file"), (*path, "file"), attachment_only=True)
        attachment = self._attachments.get(media["url"].removeprefix("attachment://"))
        return {
            "file": media,
            "name": attachment.filename if attachment else None,
            "size": attachment.size if attachment else None,
            "spoiler": bool(node.get("spoiler")),
        }

    def _separator(self, node: Json, path: Path) -> Json:
        spacing = 1 if node.get("spacing") is None else node["spacing"]
        if spacing not in (1, 2):
            message = "Value must be one of {1, 2}."
            self._errors.add((*path, "spacing"), "BASE_TYPE_CHOICES", message)
        divider = node.get("divider")
        return {"spacing": spacing, "divider": True if divider is None else bool(divider)}

    def _container(self, node: Json, path: Path) -> Json:
        colour = node.get("accent_color")
        if colour is not None and colour not in range(0x1000000):
            message = "int value should be between 0 and 16777215."
            self._errors.add((*path, "accent_color"), "NUMBER_TYPE_MAX", message)
        children = self._children(node.get("components"), (*path, "components"), kinds.IN_CONTAINER)
        self._errors.length((*path, "components"), children, 1, MAX_COMPONENTS)
        return {
            "accent_color": colour,
            "components": children,
            "spoiler": bool(node.get("spoiler")),
        }
