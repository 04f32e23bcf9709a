"""Limits of messages: components and embeds."""

from __future__ import annotations

from tests.localchat.parts import (
    CHOICE,
    HIGH,
    LONG,
    LOW,
    SHORT,
    Row,
    button,
    card,
    container,
    embed,
    gallery,
    link,
    option,
    options,
    plain,
    row,
    section,
    select,
    text,
    thumbnail,
    users,
)

IN_ROW = "components.0.components.0"
MESSAGES: dict[str, Row] = {
    "content": Row(lambda n: {"content": "x" * n}, 2000, 2001, "content", SHORT, told=False),
    "rows": Row(
        lambda n: plain(*(row(button(str(k))) for k in range(n))),
        5,
        6,
        "components",
        SHORT,
        told=False,
    ),
    "buttons in a row": Row(
        lambda n: plain(row(*(button(str(k)) for k in range(n)))),
        5,
        6,
        "components.0.components",
        LONG,
    ),
    "a row has something": Row(
        lambda n: plain(row(*[button()] * n)), 1, 0, "components.0.components", LONG
    ),
    "custom_id": Row(lambda n: plain(row(button("x" * n))), 100, 101, f"{IN_ROW}.custom_id", LONG),
    "label": Row(lambda n: plain(row(button(label="x" * n))), 80, 81, f"{IN_ROW}.label", SHORT),
    "style": Row(lambda n: plain(row(button(style=n))), 4, 0, f"{IN_ROW}.style", CHOICE),
    "link": Row(
        lambda n: plain(row(link("https://e.org/".ljust(n, "x")))), 512, 513, f"{IN_ROW}.url", LONG
    ),
    "options": Row(lambda n: plain(row(select(n))), 25, 26, f"{IN_ROW}.options", LONG),
    "an option at least": Row(lambda n: plain(row(select(n))), 1, 0, f"{IN_ROW}.options", LONG),
    "placeholder": Row(
        lambda n: plain(row(select(placeholder="x" * n))), 150, 151, f"{IN_ROW}.placeholder", SHORT
    ),
    "fewest": Row(
        lambda n: plain(row(select(25, min_values=n, max_values=25))),
        25,
        26,
        f"{IN_ROW}.min_values",
        HIGH,
    ),
    "fewest of all": Row(
        lambda n: plain(row(select(min_values=n))), 0, -1, f"{IN_ROW}.min_values", LOW
    ),
    "most": Row(
        lambda n: plain(row(select(25, max_values=n))), 25, 26, f"{IN_ROW}.max_values", HIGH
    ),
    "most at least": Row(
        lambda n: plain(row(select(max_values=n))), 1, 0, f"{IN_ROW}.max_values", LOW
    ),
    "as many options as may be chosen": Row(
        lambda n: plain(row(select(3, max_values=n))), 3, 4, f"{IN_ROW}.options", LONG, told=False
    ),
    "defaults": Row(
        lambda n: plain(
            row(
                select(
                    options=[one | {"default": True} for one in options(n)] + options(9)[n:],
                    max_values=2,
                )
            )
        ),
        2,
        3,
        f"{IN_ROW}.options",
        "COMPONENT_TOO_MANY_DEFAULT_VALUES",
        told=False,
    ),
    "option's label": Row(
        lambda n: plain(row(option(label="x" * n))), 100, 101, f"{IN_ROW}.options.0.label", LONG
    ),
    "option's value": Row(
        lambda n: plain(row(option(value="x" * n))), 100, 101, f"{IN_ROW}.options.0.value", LONG
    ),
    "option's description": Row(
        lambda n: plain(row(option(description="x" * n))),
        100,
        101,
        f"{IN_ROW}.options.0.description",
        SHORT,
    ),
    "emoji": Row(
        lambda n: plain(row(button(emoji={"name": "🎨" * n}))),
        32,
        33,
        f"{IN_ROW}.emoji.name",
        SHORT,
    ),
    "id": Row(lambda n: card(text() | {"id": n}), 2**31 - 1, 2**31, "components.0.id", HIGH),
    "components with the nested ones": Row(
        lambda n: card(container(*(text(str(k)) for k in range(n - 1)))),
        40,
        41,
        "components",
        "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
        told=False,
    ),
    "text of all": Row(
        lambda n: card(text("x" * 2000), container(text("x" * (n - 2000)))),
        4000,
        4001,
        "components",
        "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
        told=False,
    ),
    "some text": Row(lambda n: card(text("x" * n)), 1, 0, "components.0.content", LONG),
    "gallery": Row(lambda n: card(gallery(n)), 10, 11, "components.0.items", LONG),
    "a picture at least": Row(lambda n: card(gallery(n)), 1, 0, "components.0.items", LONG),
    "alt text": Row(
        lambda n: card(gallery(description="x" * n)),
        1024,
        1025,
        "components.0.items.0.description",
        LONG,
    ),
    "some alt text": Row(
        lambda n: card(gallery(description="x" * n)), 1, 0, "components.0.items.0.description", LONG
    ),
    "thumbnail's alt text": Row(
        lambda n: card(section(text(), accessory=thumbnail(description="x" * n))),
        1024,
        1025,
        "components.0.accessory.description",
        LONG,
    ),
    "address of a picture": Row(
        lambda n: card(
            section(text(), accessory=thumbnail(media={"url": "https://e.org/".ljust(n, "x")}))
        ),
        2048,
        2049,
        "components.0.accessory.media.url",
        LONG,
    ),
    "section": Row(lambda n: card(section(*[text()] * n)), 3, 4, "components.0.components", LONG),
    "a text at least": Row(
        lambda n: card(section(*[text()] * n)), 1, 0, "components.0.components", LONG
    ),
    "colour": Row(
        lambda n: card(container(accent_color=n)),
        0xFFFFFF,
        1 << 24,
        "components.0.accent_color",
        HIGH,
    ),
    "separator": Row(
        lambda n: card({"type": 14, "spacing": n}, text()), 2, 3, "components.0.spacing", CHOICE
    ),
    "embeds": Row(lambda n: {"embeds": [{"title": "x"}] * n}, 10, 11, "embeds", SHORT),
    "title": Row(lambda n: embed(title="x" * n), 256, 257, "embeds.0.title", SHORT),
    "description": Row(
        lambda n: embed(description="x" * n), 4096, 4097, "embeds.0.description", SHORT
    ),
    "fields": Row(
        lambda n: embed(fields=[{"name": "x", "value": "x"}] * n), 25, 26, "embeds.0.fields", SHORT
    ),
    "field's name": Row(
        lambda n: embed(fields=[{"name": "x" * n, "value": "x"}]),
        256,
        257,
        "embeds.0.fields.0.name",
        LONG,
    ),
    "field's value": Row(
        lambda n: embed(fields=[{"name": "x", "value": "x" * n}]),
        1024,
        1025,
        "embeds.0.fields.0.value",
        LONG,
    ),
    "footer": Row(
        lambda n: embed(footer={"text": "x" * n}), 2048, 2049, "embeds.0.footer.text", LONG
    ),
    "author": Row(
        lambda n: embed(author={"name": "x" * n}), 256, 257, "embeds.0.author.name", LONG
    ),
    "embed's colour": Row(lambda n: embed(color=n), 0xFFFFFF, 1 << 24, "embeds.0.color", HIGH),
    "all embeds": Row(
        lambda n: {"embeds": [{"description": "x" * 3000}, {"description": "x" * (n - 3000)}]},
        6000,
        6001,
        "embeds",
        "MAX_EMBED_SIZE_EXCEEDED",
        told=False,
    ),
    "people to tell": Row(
        lambda n: {"content": "x", "allowed_mentions": {"users": users(n)}},
        100,
        101,
        "allowed_mentions.users",
        SHORT,
    ),
    "roles to tell": Row(
        lambda n: {"content": "x", "allowed_mentions": {"roles": users(n)}},
        100,
        101,
        "allowed_mentions.roles",
        SHORT,
    ),
    "either kinds or names": Row(
        lambda n: {"content": "x", "allowed_mentions": {"parse": ["users"], "users": users(n)}},
        0,
        1,
        "allowed_mentions",
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        told=False,
    ),
    "nonce": Row(
        lambda n: {"content": "x", "nonce": "x" * n}, 25, 26, "nonce", "NONCE_TYPE_TOO_LONG"
    ),
}

# parts of modals
