"""A message as HTML: the same for the live page and for an exported file.

Nothing here needs inline styles or scripts, so that both can forbid them. Accent colours are SVG
attributes for that reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from bot.localchat.cdn import INLINE_TYPES
from bot.localchat.clock import iso
from bot.localchat.entities import entity_options
from bot.localchat.errors import Json
from bot.localchat.kinds import LINK_STYLE, Component
from bot.localchat.markdown import to_html
from bot.localchat.payloads import shown_in_components
from bot.localchat.state import Attachment, InteractionKind, Message, MessageFlag, User
from bot.localchat.world import World

MediaUrl = Callable[[Attachment], str]
"""Where a page finds an attachment's bytes: a path of this server, or a `data:` URL."""

_CDN_PATH = re.compile(r"/(?:ephemeral-)?attachments/[0-9]+/([0-9]+)/[^/]+")


def human_size(size: float) -> str:
    """Bytes as people read them: `512 B`, `3.2 KiB`, `1.4 MiB`."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1024 or unit == "MiB":
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError("unreachable")


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders messages.

    Attributes:
        world: names of people and channels, files.
        media_url: where attachments are found.
        viewer: who looks; their mentions are marked, and only they see their ephemeral messages.
        live: whether buttons can be pressed.
    """

    world: World
    media_url: MediaUrl
    viewer: User | None = None
    live: bool = True

    def message(self, message: Message) -> str:
        """An `<article>` with everything in it."""
        author = message.author
        classes = ["message"]
        if message.visible_to is not None:
            classes.append("ephemeral")
        if self.viewer and any(user.id == self.viewer.id for user in message.mentions):
            classes.append("mentions-you")
        when = iso(message.created_at)
        badge = '<span class="badge">APP</span>' if author.bot else ""
        edited = '<span class="edited">(edited)</span>' if message.edited_at else ""
        return (
            f'<article class="{" ".join(classes)}" id="m{message.id}" data-message="{message.id}"'
            f' data-channel="{message.channel_id}" data-author="{author.id}"'
            f' data-name="{escape(author.display_name, quote=True)}">{self._context(message)}'
            f'<div class="avatar" aria-hidden="true">{escape(author.display_name[:1])}</div>'
            f'<div class="body"><div class="meta"><span class="author">'
            f"{escape(author.display_name)}</span>{badge}"
            f'<time datetime="{when}" data-style="message">{when[:16].replace("T", " ")} UTC</time>'
            f"{edited}</div>{self._content(message)}{self._note(message)}</div></article>"
        )

    # around the content

    def _context(self, message: Message) -> str:
        """The line above a message: who used what, or what it replies to."""
        if message.type in {20, 23} and message.origin is not None:
            origin = message.origin.trigger or message.origin
            who = escape(origin.user.display_name)
            slash = "/" if message.type == 20 else ""
            command = escape(origin.command or "")
            return (
                f'<div class="context"><span class="who">{who}</span> used '
                f'<span class="command">{slash}{command}</span></div>'
            )
        if message.reference_id is None:
            return ""
        replied_to = self.world.messages.get(message.reference_id)
        if replied_to is None:
            return '<div class="context">reply to a deleted message</div>'
        author = escape(replied_to.author.display_name)
        pressed = message.origin and message.origin.kind is InteractionKind.COMPONENT
        by = f", for {escape(message.origin.user.display_name)}" if message.origin else ""
        what = "answer to a button of" if pressed else "reply to"
        return (
            f'<div class="context">{what} <a href="#m{replied_to.id}">{author}’s message</a>'
            f"{by}</div>"
        )

    def _note(self, message: Message) -> str:
        if message.visible_to is None:
            return ""
        return '<p class="note">Only you can see this message.</p>'

    def _content(self, message: Message) -> str:
        if message.flags & MessageFlag.LOADING:
            name = escape(message.author.display_name)
            dots = "<i></i><i></i><i></i>"
            return (
                f'<p class="thinking" role="status">{name} is thinking'
                f'<span class="dots" aria-hidden="true">{dots}</span></p>'
            )
        text = f'<div class="text">{self._text(message.content)}</div>' if message.content else ""
        components = "".join(self._component(message, node) for node in message.components)
        in_components = shown_in_components(message)
        # Components V2 show only the files they refer to.
        loose = () if message.is_v2 else message.attachments
        files = [self._attachment(file) for file in loose if file.id not in in_components]
        attachments = f'<div class="attachments">{"".join(files)}</div>' if files else ""
        return text + attachments + f'<div class="components">{components}</div>' * bool(components)

    def _text(self, text: str) -> str:
        return to_html(text, self._name_of)

    def _name_of(self, kind: str, id_: int) -> str | None:
        if kind == "channel":
            channel = self.world.channels.get(id_)
            return channel.name if channel else None
        user = self.world.user(id_)
        return user.display_name if user else None

    # files

    def _attachment(self, attachment: Attachment) -> str:
        if attachment.content_type in INLINE_TYPES:
            return self._picture(attachment, attachment.description)
        return self._download(attachment)

    def _download(self, attachment: Attachment) -> str:
        href = escape(self.media_url(attachment), quote=True)
        name = escape(attachment.filename)
        return (
            f'<a class="file" href="{href}" download="{name}"><span class="name">{name}</span>'
            f'<span class="size">{human_size(attachment.size)}</span></a>'
        )

    def _picture(self, attachment: Attachment, description: str | None) -> str:
        source = escape(self.media_url(attachment), quote=True)
        alt = escape(description or "", quote=True)
        size = ""
        if attachment.width and attachment.height:
            size = f' width="{attachment.width}" height="{attachment.height}"'
        image = f'<img src="{source}" alt="{alt}"{size}>'
        name = escape(attachment.filename, quote=True)
        label = escape(f"Open {description or attachment.filename}", quote=True)
        return (
            f'<a class="picture" href="{source}" download="{name}" data-zoom aria-label="{label}"'
            f' title="{alt}">{image}</a>'
        )

    def _media(self, message: Message, media: Json, description: str | None) -> str:
        attachment = self._attachment_of(message, media)
        if attachment is not None:
            return self._picture(attachment, description)
        if media.get("attachment_id") is not None:
            return '<span class="missing">This picture is no longer here.</span>'
        # Pictures from elsewhere are not loaded: the page sends no request to other machines.
        url = escape(str(media["url"]), quote=True)
        host = escape(urlsplit(str(media["url"])).hostname or "elsewhere")
        return f'<a class="missing" href="{url}" rel="noopener noreferrer">picture at {host}</a>'

    def _attachment_of(self, message: Message, media: Json) -> Attachment | None:
        if media.get("attachment_id") is not None:
            wanted = int(media["attachment_id"])
            return next((file for file in message.attachments if file.id == wanted), None)
        url = urlsplit(str(media["url"]))
        own = f"{url.scheme}://{url.netloc}" == self.world.links.base_url
        match = _CDN_PATH.fullmatch(url.path) if own else None
        return self.world.storage.get(int(match[1])) if match else None

    # components

    def _component(self, message: Message, node: Json) -> str:
        render = _COMPONENTS.get(node["type"], Renderer._select)
        return render(self, message, node)

    def _children(self, message: Message, node: Json) -> str:
        return "".join(self._component(message, child) for child in node["components"])

    def _container(self, message: Message, node: Json) -> str:
        accent = ""
        if node["accent_color"] is not None:
            accent = (
                '<svg class="accent" aria-hidden="true"><rect width="100%" height="100%"'
                f' fill="#{node["accent_color"]:06x}"/></svg>'
            )
        inner = self._children(message, node)
        return _hidden(f'<div class="container">{accent}{inner}</div>', node)

    def _section(self, message: Message, node: Json) -> str:
        accessory = self._component(message, node["accessory"])
        return (
            f'<div class="section"><div class="texts">{self._children(message, node)}</div>'
            f'<div class="accessory">{accessory}</div></div>'
        )

    def _row(self, message: Message, node: Json) -> str:
        return f'<div class="row">{self._children(message, node)}</div>'

    def _text_display(self, _message: Message, node: Json) -> str:
        return f'<div class="text">{self._text(node["content"])}</div>'

    def _thumbnail(self, message: Message, node: Json) -> str:
        picture = self._media(message, node["media"], node["description"])
        return _hidden(f'<div class="thumbnail">{picture}</div>', node)

    def _gallery(self, message: Message, node: Json) -> str:
        items = [
            _hidden(self._media(message, item["media"], item["description"]), item)
            for item in node["items"]
        ]
        count = min(len(items), 4)
        return f'<div class="gallery of-{count}">{"".join(items)}</div>'

    def _file(self, message: Message, node: Json) -> str:
        attachment = self._attachment_of(message, node["file"])
        if attachment is None:
            return '<span class="missing">This file is no longer here.</span>'
        return _hidden(self._download(attachment), node)

    def _separator(self, _message: Message, node: Json) -> str:
        size = "large" if node["spacing"] == 2 else "small"
        line = "line" if node["divider"] else "space"
        return f'<hr class="{size} {line}">'

    def _button(self, message: Message, node: Json) -> str:
        label = escape(node.get("label") or "")
        emoji = escape(node.get("emoji", {}).get("name") or "")
        if emoji:
            label = f'<span class="emoji">{emoji}</span>{label}'
        if node["style"] == LINK_STYLE:
            href = escape(node["url"], quote=True)
            return (
                f'<a class="button link" href="{href}" target="_blank" rel="noopener">{label}</a>'
            )
        disabled = " disabled" if node["disabled"] or not self.live else ""
        custom_id = escape(node["custom_id"], quote=True)
        return (
            f'<button type="button" class="button style-{node["style"]}"'
            f' data-press="{custom_id}" data-message="{message.id}"{disabled}>{label}</button>'
        )

    def _select(self, message: Message, node: Json) -> str:
        placeholder = escape(node.get("placeholder") or "Choose…")
        options = "".join(
            f'<option value="{escape(option["value"], quote=True)}"'
            f"{' selected' if option['default'] else ''}>{escape(option['label'])}</option>"
            for option in node.get("options") or entity_options(self.world, message, node)
        )
        several = " multiple" if node["max_values"] > 1 else ""
        disabled = " disabled" if node["disabled"] or not self.live else ""
        first = "" if several else f'<option value="">{placeholder}</option>'
        custom_id = escape(node["custom_id"], quote=True)
        return (
            f'<select aria-label="{placeholder}" data-choose="{custom_id}"'
            f' data-message="{message.id}"{several}{disabled}>{first}{options}</select>'
        )


def _hidden(html: str, node: Json) -> str:
    """Behind a click, if it is marked as a spoiler."""
    if not node.get("spoiler"):
        return html
    return f'<details class="spoiler"><summary>Spoiler</summary>{html}</details>'


_COMPONENTS: Mapping[int, Callable[[Renderer, Message, Json], str]] = {
    Component.ROW: Renderer._row,
    Component.BUTTON: Renderer._button,
    Component.STRING_SELECT: Renderer._select,
    Component.SECTION: Renderer._section,
    Component.TEXT: Renderer._text_display,
    Component.THUMBNAIL: Renderer._thumbnail,
    Component.GALLERY: Renderer._gallery,
    Component.FILE: Renderer._file,
    Component.SEPARATOR: Renderer._separator,
    Component.CONTAINER: Renderer._container,
}
