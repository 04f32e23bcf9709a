"""Files by key and who uses them; what a job is to make in one column; commands are jobs, too.

Until now a row named files in its own way: inside `spool/` by their names, pictures of the shelf
and starter styles by full paths, on the shelf itself by names without endings. The files stay where
they are; folder and program may have been moved since.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import sqlalchemy as sa
from alembic import op

from backend.database.ids import new_id

revision = "0008"
down_revision = "0007"

_LOG = logging.getLogger(__name__)
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)
_OUTPUTS = (".png", ".jpg", ".webp", "-raw.png", "-recording.zip", "-checkpoint", "-checkpoint.new")
_LONGEST = 128
_CODED = ("options", "content", "styles", "mask", "strengths")
_PLAIN = ("max_result_bytes", "parent_id", "start_from", "locale", "private", "spoiler")
_PLACES = ("file", "thumbnail")
_BESIDE = {"raw", "recording"}

Row = sa.RowMapping
Uses = set[tuple[str, str]]


def upgrade() -> None:
    """Rewrite jobs, styles, last styles and commands; then forget the old columns."""
    uses = _move_jobs() | _move_styles() | _move_last_styles()
    _move_arrivals()
    strays = _stored() - {key for key, _ in uses}
    uses |= {(key, "uploads") for key in strays}  # which the bot's next start removes
    table = op.create_table(
        "file_uses",
        sa.Column("key", sa.String(_LONGEST), primary_key=True),
        sa.Column("owner", sa.String(32), primary_key=True),
    )
    op.create_index("file_uses_by_owner", "file_uses", ["owner"])
    op.bulk_insert(table, [{"key": key, "owner": owner} for key, owner in sorted(uses)])


def _read(name: str) -> tuple[sa.Table, Sequence[Row]]:
    """Return a table and its rows, JSON as it is stored: one that is damaged must not stop this."""
    table = sa.Table(name, sa.MetaData(), autoload_with=op.get_bind())
    columns = [
        sa.cast(column, sa.Text).label(column.name) if isinstance(column.type, sa.JSON) else column
        for column in table.c
    ]
    return table, op.get_bind().execute(sa.select(*columns)).mappings().all()


def _move_jobs() -> Uses:
    """Write each job's spec and result; return who uses which file."""
    with op.batch_alter_table("jobs") as batch:
        batch.add_column(sa.Column("spec", sa.Text))
        batch.add_column(
            sa.Column("has_files", sa.Boolean, nullable=False, server_default=sa.true())
        )
        batch.alter_column("result", type_=sa.Text, existing_type=sa.JSON)
    jobs, rows = _read("jobs")
    uses: Uses = set()
    for row in rows:
        try:
            spec, result = _spec(row), _result(row["result"])
            uses |= {(key, f"job:{row['id']}") for key in _files(row, spec, result)}
        except _UNREADABLE:
            _LOG.exception("job %s cannot be read", row["id"])
            spec, result = _unreadable(row), None
        values = {"spec": json.dumps(spec), "result": result and json.dumps(result)}
        op.get_bind().execute(sa.update(jobs).where(jobs.c.id == row["id"]).values(values))
    with op.batch_alter_table("jobs") as batch:
        for name in (*_CODED, *_PLAIN):
            batch.drop_column(name)
        batch.alter_column("spec", nullable=False, existing_type=sa.Text)
        batch.alter_column("has_files", server_default=None)
        batch.create_index("jobs_by_requester", ["requester_id", "created_at"])
        batch.create_index("jobs_by_end", ["has_files", "finished_at"])
    return uses


def _spec(row: Row) -> dict[str, Any]:
    styles = [{**style, "image": _image(style["image"])} for style in json.loads(row["styles"])]
    mask = json.loads(row["mask"]) if row["mask"] else None
    return {
        **{name: row[name] for name in _PLAIN},
        "options": json.loads(row["options"]),
        "content": _image(json.loads(row["content"])),
        "styles": styles,
        "mask": mask and _image(mask),
        "strengths": json.loads(row["strengths"]),
        "start_from": row["start_from"] and _key(row["start_from"]),
    }


def _unreadable(row: Row) -> dict[str, Any]:
    """Keep what there is, in a form that no bot takes for a spec."""
    told = {name: row[name] for name in _PLAIN}
    return told | {"unreadable": {name: row[name] for name in (*_CODED, "result")}}


def _result(stored: str | None) -> dict[str, Any] | None:
    result = json.loads(stored) if stored else None
    if not result:
        return None
    file = _key(result.pop("path"))
    others = {name: result[name] and _key(result[name]) for name in result.keys() & _BESIDE}
    return {**result, **others, "file": file}


def _image(data: dict[str, Any]) -> dict[str, Any]:
    file = _key(data.pop("path"))
    return {**data, "file": file, "thumbnail": _key(data["thumbnail"])}


def _files(row: Row, spec: dict[str, Any], result: dict[str, Any] | None) -> set[str]:
    """Return the keys of the files that a job needs, as they are there or may be."""
    images = [spec["content"], spec["mask"], *(style["image"] for style in spec["styles"])]
    keys = {image[name] for image in images if image for name in _PLACES}
    if result:
        keys |= {result[name] for name in ("file", *_BESIDE) if result.get(name)}
    if row["state"] in {"queued", "running"}:
        keys |= {f"spool/{row['id']}-result{ending}" for ending in _OUTPUTS}
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
    jobs = sa.Table("jobs", sa.MetaData(), autoload_with=op.get_bind())
    for row in _read("arrivals")[1]:
        values = {
            **{name: value for name, value in row.items() if name in jobs.c},
            "id": new_id(),
            "state": "receiving",
            "spec": _command(row["options"], row["locale"]),
            "created_at": datetime.now(UTC).replace(tzinfo=None),
            "starts": 0,
            "delivered": False,
            "has_files": True,
        }
        op.get_bind().execute(sa.insert(jobs).values(values))
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
    styles, rows = _read("styles")
    uses: Uses = set()
    for row in rows:
        places = _on_shelf(row["file"])
        op.get_bind().execute(sa.update(styles).where(styles.c.id == row["id"]).values(places))
        uses |= {(key, f"style:{row['id']}") for key in places.values()}
    with op.batch_alter_table("styles") as batch:
        batch.alter_column("thumbnail", nullable=False, existing_type=sa.String(_LONGEST))
    return uses


def _move_last_styles() -> Uses:
    people, rows = _read("person_settings")
    uses: Uses = set()
    for row in rows:
        try:
            settings = json.loads(row["settings"])
            last = settings.get("last_style")
            style = last and _last_style(last)
        except _UNREADABLE:
            _LOG.exception("the settings of a person cannot be read")
            continue
        if style:
            is_theirs = people.c.user_id == row["user_id"]
            values = {"settings": {**settings, "last_style": style}}
            op.get_bind().execute(sa.update(people).where(is_theirs).values(values))
            uses |= {(style["image"][name], f"person:{row['user_id']}") for name in _PLACES}
    return uses


def _last_style(stored: dict[str, Any]) -> dict[str, Any]:
    image = {name: value for name, value in stored.items() if name not in {"file", "credit"}}
    return {"image": image | _on_shelf(stored["file"]), "credit": stored["credit"]}


def _on_shelf(name: str) -> dict[str, str]:
    return {"file": f"shelf/{name}.png", "thumbnail": f"shelf/{name}.jpg"}


def _stored() -> set[str]:
    """Return the keys of all files that the bot made."""
    config = op.get_context().config
    data_dir = config and config.attributes.get("data_dir")
    if not isinstance(data_dir, Path):
        return set()
    return {
        key
        for folder in ("spool", "shelf")
        if (data_dir / folder).is_dir()
        for path in (data_dir / folder).iterdir()
        if path.is_file()
        and not path.is_symlink()
        and len(key := f"{folder}/{path.name}") <= _LONGEST
    }
