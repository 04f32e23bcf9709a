"""The components of messages: Discord's limits, and the shape Discord answers with.

Source: Discord's API documentation, "Component Reference". Beside what `reader.py` does,
`attachment://` references are resolved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from localchat import kinds
from localchat.clock import Snowflakes
from localchat.embeds import MAX_COLOUR
from localchat.errors import FormErrors, Json
from localchat.kinds import LINK_STYLE, Component
from localchat.reader import MAX_COMPONENTS, Path, Reader, ReadOne
from localchat.state import Attachment

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
        """Return all components, in the answer's shape; complete only if no error was noted."""
        top: Path = ("components",)
        if not self._v2 and isinstance(components, list):
            self._errors.length(top, components, 0, MAX_ROWS)
        return tuple(self._tree(components, top, kinds.TOP_V2 if self._v2 else kinds.TOP_LEGACY))

    # shared parts

    def _media(self, node: Any, path: Path, *, attachment_only: bool = False) -> Json:
        schemes = ("attachment",) if attachment_only else ("http", "https", "attachment")
        given = self._errors.object(path, node)
        url = self._errors.link(given, "url", path, schemes)
        media: Json = {"id": str(self._ids.next()), "url": url, "proxy_url": url}
        scheme, _, name = url.partition("://")
        if scheme == "attachment" and (attachment := self._attachments.get(name)) is not None:
            return media | {
                "width": attachment.width,
                "height": attachment.height,
                "content_type": attachment.content_type,
                "attachment_id": str(attachment.id),
            }
        if scheme == "attachment":
            self._errors.add(
                (*path, "url"),
                "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
                f"The referenced attachment was not found: {name[:100]}",
            )
        return media | {"width": None, "height": None, "content_type": None}

    def _described(self, node: Json, path: Path) -> Json:
        return {
            "description": self._errors.text(node, "description", path, 1, 1024, optional=True),
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
            schemes = ("http", "https", "discord")
            button["url"] = self._errors.link(node, "url", path, schemes, high=512)
            if node.get("custom_id") is not None:
                message = "A custom id and url cannot both be specified"
                self._errors.add(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", message)
        else:
            button["custom_id"] = self._custom_id(node, path)
        if label is not None:
            button["label"] = label
        return button | self._emoji(node, path)

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
        items = self._errors.objects((*path, "items"), node.get("items"))
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
        colour: int | None = None
        if node.get("accent_color") is not None:
            colour = self._errors.count(node, "accent_color", path, 0, MAX_COLOUR)
        children = self._children(node.get("components"), (*path, "components"), kinds.IN_CONTAINER)
        self._errors.length((*path, "components"), children, 1, MAX_COMPONENTS)
        return {
            "accent_color": colour,
            "components": children,
            "spoiler": bool(node.get("spoiler")),
        }
