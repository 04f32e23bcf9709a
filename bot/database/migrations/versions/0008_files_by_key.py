"""Files by key and who uses them; what a job is to make in one column; commands are jobs, too.

Until now a row named files in its own way: inside `spool/` by their names, pictures of the shelf
and starter styles by full paths, on the shelf itself by names without endings. The files stay where
they are; folder and program may have been moved since.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.database.ids import new_id

revision = "0008"
down_revision = "0007"

_LOG = logging.getLogger(__name__)
_BATCH = 500
_UPLOADS = "uploads"
"""The owner of files that the bot's next start removes."""
_UNFINISHED = ("queued", "running")
_OUTPUTS = (".png", ".jpg", ".webp", "-raw.png", "-recording.zip", "-checkpoint", "-checkpoint.new")
_LONGEST = 128
_CODED = ("options", "content", "styles", "mask", "strengths", "result")
_PLAIN = ("max_result_bytes", "parent_id", "start_from", "locale", "private", "spoiler")
_ADDRESS = (
    "requester_id", "guild_id", "channel_id", "message_id", "bot_is_member", "interaction_token",
    "application_id",
)  # fmt: skip
_BOOLEANS = {"private", "spoiler", "bot_is_member", "delivered", "has_files"}

Row = Any
Uses = set[tuple[str, str]]


def upgrade() -> None:
    """Rewrite jobs, styles, last styles and commands; then forget the old columns."""
    uses = _make_tables()
    uses |= _move_jobs()
    with op.batch_alter_table("jobs") as jobs:
        for name in (*_CODED[:-1], *_PLAIN):
            jobs.drop_column(name)
        jobs.alter_column("spec", nullable=False, existing_type=sa.Text)
        jobs.alter_column("has_files", server_default=None)
        jobs.create_index("jobs_by_requester", ["requester_id", "created_at"])
        jobs.create_index("jobs_by_end", ["has_files", "finished_at"])
    _move_arrivals()
    uses |= _move_styles() | _move_last_styles()
    uses |= _strays({key for key, _ in uses})
    table = sa.table("file_uses", sa.column("key"), sa.column("owner"))
    rows = [{"key": key, "owner": owner} for key, owner in sorted(uses)]
    for part in _parts(rows):
        op.get_bind().execute(sa.insert(table), part)


def downgrade() -> None:
    """Refuse: an older bot would not find the files."""
    raise NotImplementedError("Restore the backup of the data folder instead.")


def _make_tables() -> Uses:
    op.create_table(
        "file_uses",
        sa.Column("key", sa.String(_LONGEST), primary_key=True),
        sa.Column("owner", sa.String(32), primary_key=True),
    )
    op.create_index("file_uses_by_owner", "file_uses", ["owner"])
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("spec", sa.Text))
        jobs.add_column(
            sa.Column("has_files", sa.Boolean, nullable=False, server_default=sa.true())
        )
        jobs.alter_column("result", type_=sa.Text, existing_type=sa.JSON)
    return set()


def _move_jobs() -> Uses:
    """Write each job's spec and result; return who uses which file."""
    plain, coded = _columns(_PLAIN), _columns(_CODED)
    jobs = sa.table("jobs", sa.column("id"), sa.column("state"), sa.column("spec"), *plain, *coded)
    texts = [sa.cast(column, sa.Text).label(column.name) for column in coded]
    query = sa.select(jobs.c.id, jobs.c.state, *plain, *texts)
    uses: Uses = set()
    for row in _rows(query, jobs.c.id):
        try:
            spec, result = _spec(row), _result(row.result)
            files = _files(row, spec, result)
        except (ValueError, TypeError, KeyError, AttributeError):
            _LOG.exception("job %s cannot be read", row.id)
            spec, result, files = _unreadable(row), None, set()
        values = {"spec": json.dumps(spec), "result": result and json.dumps(result)}
        op.get_bind().execute(sa.update(jobs).where(jobs.c.id == row.id).values(values))
        uses |= {(key, f"job:{row.id}") for key in files}
    return uses


def _columns(names: Iterable[str]) -> list[sa.ColumnClause[Any]]:
    return [sa.column(name, sa.Boolean if name in _BOOLEANS else None) for name in names]


def _spec(row: Row) -> dict[str, Any]:
    styles = [{**style, "image": _image(style["image"])} for style in json.loads(row.styles)]
    mask = json.loads(row.mask) if row.mask else None
    return {
        **{name: getattr(row, name) for name in _PLAIN},
        "options": json.loads(row.options),
        "content": _image(json.loads(row.content)),
        "styles": styles,
        "mask": mask and _image(mask),
        "strengths": json.loads(row.strengths),
        "start_from": row.start_from and _key(row.start_from),
    }


def _unreadable(row: Row) -> dict[str, Any]:
    """Keep what there is, in a form that no bot takes for a spec."""
    told = {name: getattr(row, name) for name in _PLAIN}
    return told | {"unreadable": {name: getattr(row, name) for name in _CODED}}


def _result(stored: str | None) -> dict[str, Any] | None:
    result = json.loads(stored) if stored else None
    if not result:
        return None
    others = {name: result[name] and _key(result[name]) for name in result.keys() & _BESIDE}
    return {**_without_path(result), **others, "file": _key(result["path"])}


_BESIDE = {"raw", "recording"}


def _image(data: dict[str, Any]) -> dict[str, Any]:
    places = {"file": _key(data["path"]), "thumbnail": _key(data["thumbnail"])}
    return {**_without_path(data), **places}


def _without_path(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "path"}


def _files(row: Row, spec: dict[str, Any], result: dict[str, Any] | None) -> set[str]:
    """Return the keys of the files that a job needs, as they are there or may be."""
    images = [spec["content"], spec["mask"], *(style["image"] for style in spec["styles"])]
    keys = {image[name] for image in images if image for name in ("file", "thumbnail")}
    if result:
        keys |= {result[name] for name in ("file", *_BESIDE) if result.get(name)}
    if row.state in _UNFINISHED:
        keys |= {f"spool/{row.id}-result{ending}" for ending in _OUTPUTS}
        keys |= {spec["start_from"]} if spec["start_from"] else set()
    return keys


def _key(stored: str) -> str:
    """Return the key of a file by what a row called it."""
    path = PurePosixPath(stored)
    folder, above = path.parent.name, path.parent.parent.name
    if folder == "shelf":
        return f"shelf/{path.name}"
    if (above, folder) == ("examples", "styles"):
        return f"starters/{path.name}"
    if (above, folder) == ("examples", "thumbnails"):
        return f"starters/{path.stem}-thumbnail{path.suffix}"
    return f"spool/{path.name}"


def _move_arrivals() -> None:
    """Make commands whose pictures were on their way in jobs in the state `receiving`."""
    arrivals = sa.table("arrivals", *_columns((*_ADDRESS, "locale")), sa.column("options", sa.JSON))
    options = sa.cast(arrivals.c.options, sa.Text).label("options")
    address = [arrivals.c[name] for name in (*_ADDRESS, "locale")]
    found = op.get_bind().execute(sa.select(*address, options))
    others = ("id", "state", "spec", "starts", "delivered", "has_files")
    created_at = sa.column("created_at", sa.DateTime)
    new = sa.table("jobs", *_columns((*_ADDRESS, *others)), created_at)
    for row in found.all():
        values = {
            **{name: getattr(row, name) for name in _ADDRESS},
            "id": new_id(),
            "state": "receiving",
            "spec": _command(row.options, row.locale),
            "created_at": datetime.now(UTC).replace(tzinfo=None),
            "starts": 0,
            "delivered": False,
            "has_files": True,
        }
        op.get_bind().execute(sa.insert(new).values(values))
    op.drop_table("arrivals")


def _command(options: str, locale: str) -> str:
    try:
        read = json.loads(options)
    except ValueError:
        read = options
    return json.dumps({"options": read, "max_result_bytes": 0, "locale": locale})


def _move_styles() -> Uses:
    with op.batch_alter_table("styles") as batch:
        batch.add_column(sa.Column("thumbnail", sa.String(_LONGEST)))
        batch.alter_column(
            "file", type_=sa.String(_LONGEST), existing_type=sa.String(32), nullable=False
        )
    styles = sa.table("styles", sa.column("id"), sa.column("file"), sa.column("thumbnail"))
    uses: Uses = set()
    for row in _rows(sa.select(styles.c.id, styles.c.file), styles.c.id):
        keys = {"file": f"shelf/{row.file}.png", "thumbnail": f"shelf/{row.file}.jpg"}
        op.get_bind().execute(sa.update(styles).where(styles.c.id == row.id).values(keys))
        uses |= {(key, f"style:{row.id}") for key in keys.values()}
    with op.batch_alter_table("styles") as batch:
        batch.alter_column("thumbnail", nullable=False, existing_type=sa.String(_LONGEST))
    return uses


def _move_last_styles() -> Uses:
    people = sa.table("person_settings", sa.column("user_id"), sa.column("settings", sa.JSON))
    stored = sa.cast(people.c.settings, sa.Text).label("settings")
    uses: Uses = set()
    for row in _rows(sa.select(people.c.user_id, stored), people.c.user_id):
        try:
            settings = json.loads(row.settings)
            last = settings.get("last_style")
            style = last and _last_style(last)
        except (ValueError, TypeError, KeyError, AttributeError):
            _LOG.exception("the settings of a person cannot be read")
            continue
        if style:
            values = {"settings": {**settings, "last_style": style}}
            is_theirs = people.c.user_id == row.user_id
            op.get_bind().execute(sa.update(people).where(is_theirs).values(values))
            image = style["image"]
            uses |= {(image[name], f"person:{row.user_id}") for name in ("file", "thumbnail")}
    return uses


def _last_style(stored: dict[str, Any]) -> dict[str, Any]:
    places = {name: f"shelf/{stored['file']}{ending}" for name, ending in _ON_SHELF}
    image = {name: value for name, value in stored.items() if name not in {"file", "credit"}}
    return {"image": image | places, "credit": stored["credit"]}


_ON_SHELF = (("file", ".png"), ("thumbnail", ".jpg"))


def _strays(used: set[str]) -> Uses:
    """Return files that nobody needs as left-over uploads, which the next start removes."""
    config = op.get_context().config
    data_dir = config and config.attributes.get("data_dir")
    if not isinstance(data_dir, Path):
        return set()
    keys = {
        f"{folder}/{path.name}"
        for folder in ("spool", "shelf")
        if (data_dir / folder).is_dir()
        for path in (data_dir / folder).iterdir()
        if path.is_file() and not path.is_symlink()
    }
    return {(key, _UPLOADS) for key in keys - used if len(key) <= _LONGEST}


def _rows(query: sa.Select[Any], key: sa.ColumnClause[Any]) -> Iterator[Row]:
    """Yield rows in the order of a unique key, a batch at a time."""
    last: Any = None
    while True:
        part = query if last is None else query.where(key > last)
        rows = op.get_bind().execute(part.order_by(key).limit(_BATCH)).all()
        yield from rows
        if len(rows) < _BATCH:
            return
        last = getattr(rows[-1], key.name)


def _parts(rows: list[dict[str, str]]) -> Iterable[list[dict[str, str]]]:
    return (rows[at : at + _BATCH] for at in range(0, len(rows), _BATCH))
