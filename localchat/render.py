"""A message as HTML: the same for the live page and for an exported file.

Nothing here needs inline styles or scripts, so that both can forbid them. Accent colours are SVG
attributes for that reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import urlsplit

from localchat.clock import ID, iso
from localchat.entities import entity_options
from localchat.enums import InteractionKind, MessageFlag
from localchat.errors import Json
from localchat.kinds import LINK_STYLE, Component
from localchat.markdown import to_html
from localchat.payloads import shown_in_components
from localchat.selects import select
from localchat.state import Attachment, Message, User
from localchat.tiles import download, hidden, is_media, loose, tile
from localchat.words import ENGLISH, Words
from localchat.world import World

MediaUrl = Callable[[Attachment], str]
"""Where a page finds an attachment's bytes: a path of this server, or a `data:` URL."""

REPLY_FOR = "reply to {message}, for {who}"
_CDN_PATH = re.compile(rf"/(?:ephemeral-)?attachments/{ID}/({ID})/[^/]+")


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders messages.

    Attributes:
        world: names of people and channels, files.
        media_url: where attachments are found.
        viewer: who looks; their mentions are marked, and only they see their ephemeral messages.
        live: whether buttons can be pressed.
        words: in the language of whoever looks.
    """

    world: World
    media_url: MediaUrl
    viewer: User | None = None
    live: bool = True
    words: Words = ENGLISH

    def message(self, message: Message) -> str:
        """Return an `<article>` with everything in it."""
        author = message.author
        classes = ["message"]
        if message.visible_to is not None:
            classes.append("ephemeral")
        if self.viewer and any(user.id == self.viewer.id for user in message.mentions):
            classes.append("mentions-you")
        when = iso(message.created_at)
        badge = f'<span class="badge">{self.words("APP")}</span>' if author.bot else ""
        about = f' data-about="m{message.reference_id}"' if message.reference_id else ""
        own = " data-own" if self.viewer and _asked_by(message) == self.viewer.id else ""
        edited = self.words("(edited)") if message.edited_at else ""
        return (
            f'<article class="{" ".join(classes)}" id="m{message.id}" data-message="{message.id}"'
            f' data-channel="{message.channel_id}" data-author="{author.id}"'
            f' data-name="{escape(author.display_name, quote=True)}"{about}{own}>'
            f"{self._context(message)}"
            f'<div class="avatar" aria-hidden="true">{escape(author.display_name[:1])}</div>'
            f'<div class="body"><div class="meta"><span class="author">'
            f"{escape(author.display_name)}</span>{badge}"
            f'<time datetime="{when}" data-style="message">{when[:16].replace("T", " ")} UTC</time>'
            f'<span class="edited">{edited}</span></div>'
            f"{self._content(message)}{self._note(message)}</div></article>"
        )

    # around the content

    def _context(self, message: Message) -> str:
        """Return the line above a message: who used what, or what it replies to."""
        if message.type in {20, 23} and message.origin is not None:
            origin = message.origin.trigger or message.origin
            who = escape(origin.user.display_name)
            slash = "/" if message.type == 20 else ""
            command = escape(origin.command or "")
            who = f'<span class="who">{who}</span>'
            command = f'<span class="command">{slash}{command}</span>'
            return self._line("{who} used {command}", who=who, command=command)
        if message.forwarded is not None:
            return self._line("forwarded")
        if message.reference_id is None:
            return ""
        replied_to = self.world.messages.get(message.reference_id)
        if replied_to is None:
            return self._line("reply to a deleted message")
        author = escape(replied_to.author.display_name)
        name = self.words("{name}’s message", name=author)
        about = f'<a href="#m{replied_to.id}">{name}</a>'
        if message.origin is None:
            return self._line("reply to {message}", message=about)
        pressed = message.origin.kind is InteractionKind.COMPONENT
        template = "answer to a button of {message}, for {who}" if pressed else REPLY_FOR
        return self._line(template, message=about, who=escape(message.origin.user.display_name))

    def _line(self, template: str, **html: str) -> str:
        return f'<div class="context">{self.words(template, **html)}</div>'

    def _note(self, message: Message) -> str:
        if message.visible_to is None:
            return ""
        return f'<p class="note">{self.words("Only you can see this message.")}</p>'

    def _content(self, message: Message) -> str:
        if message.flags & MessageFlag.LOADING:
            name = escape(message.author.display_name)
            dots = "<i></i><i></i><i></i>"
            return (
                f'<p class="thinking" role="status">{self.words("{name} is thinking", name=name)}'
                f'<span class="dots" aria-hidden="true">{dots}</span></p>'
            )
        if message.forwarded is not None:
            shown = replace(self, live=False)._content(message.forwarded)
            return f'<blockquote class="forwarded">{shown}</blockquote>'
        text = f'<div class="text">{self._text(message.content)}</div>' if message.content else ""
        components = "".join(self._component(message, node) for node in message.components)
        in_components = shown_in_components(message)
        # Components V2 show only the files they refer to.
        others = () if message.is_v2 else message.attachments
        files = [file for file in others if file.id not in in_components]
        below = f'<div class="components">{components}</div>' if components else ""
        return text + self._attachments(files) + below

    def _text(self, text: str) -> str:
        return to_html(text, self._name_of)

    def _name_of(self, kind: str, id_: int) -> str | None:
        if kind == "channel":
            channel = self.world.channels.get(id_)
            return channel.name if channel else None
        if kind == "role":
            return next((role.name for role in self.world.roles() if role.id == id_), None)
        user = self.world.user(id_)
        return user.display_name if user else None

    # files

    def _attachments(self, files: Sequence[Attachment]) -> str:
        """Return files that no component shows: two and more pictures and videos as a gallery."""
        words = self.words
        media = [loose(file, self.media_url(file), words) for file in files if is_media(file)]
        rest = [loose(file, self.media_url(file), words) for file in files if not is_media(file)]
        if len(media) > 1:
            media = [_mosaic(media)]
        return f'<div class="attachments">{"".join(media + rest)}</div>' if files else ""

    def _media(self, message: Message, media: Json, description: str | None) -> str:
        attachment = self._attachment_of(message, media)
        if attachment is not None:
            return tile(attachment, self.media_url(attachment), description, self.words)
        if media.get("attachment_id") is not None:
            return self._missing("This picture is no longer here.")
        # Pictures from elsewhere are not loaded: the page sends no request to other machines.
        url = escape(str(media["url"]), quote=True)
        host = self.words("picture at {host}", host=urlsplit(str(media["url"])).hostname or "…")
        return f'<a class="missing" href="{url}" rel="noopener noreferrer">{escape(host)}</a>'

    def _missing(self, template: str) -> str:
        return f'<span class="missing">{self.words(template)}</span>'

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
        return hidden(f'<div class="container">{accent}{inner}</div>', node, self.words)

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
        return hidden(f'<div class="thumbnail">{picture}</div>', node, self.words)

    def _gallery(self, message: Message, node: Json) -> str:
        items = [
            hidden(self._media(message, item["media"], item["description"]), item, self.words)
            for item in node["items"]
        ]
        return _mosaic(items)

    def _file(self, message: Message, node: Json) -> str:
        attachment = self._attachment_of(message, node["file"])
        if attachment is None:
            return self._missing("This file is no longer here.")
        return hidden(download(attachment, self.media_url(attachment)), node, self.words)

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
        options = node.get("options") or entity_options(self.world, message, node)
        return select(message, node, options, self.words, live=self.live)


def _mosaic(items: Sequence[str]) -> str:
    """Return pictures and videos in a grid; the style sheet has one for each number of them."""
    return f'<div class="gallery of-{len(items)}">{"".join(items)}</div>'


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


def _asked_by(message: Message) -> int | None:
    """Return the id of whoever ran the command or pressed what a message answers."""
    return message.origin.user.id if message.origin else None
