"""What Recipe says: everything that decided how a picture looks, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from backend.i18n import Words
from backend.jobs.model import Job
from backend.records import JobStyle
from bot.ui.form import fitting
from bot.ui.layouts import MAX_CONTENT
from bot.ui.words import card_link, colours_name, duration, options_line, preset_name, shown, ways

_MAX_ANCESTORS: Final = 8


def recipe_text(words: Words, job: Job, ancestors: Sequence[Job], recipe: Mapping[str, Any]) -> str:
    """Describe a finished picture's recipe in at most 2000 characters of Markdown.

    `ancestors` are its parent first; `recipe` is what its file says (`nst.recipe`), maybe nothing.
    """
    options, styles = job.spec.options, [_style(words, job, each) for each in job.spec.styles]
    begun = ways(words, options)
    lines = [
        words("**How it was made**"),
        words("Preset: {preset}", preset=preset_name(words, options.preset)),
        words("Strengths: {strengths}", strengths=", ".join(map(str, job.spec.strengths)))
        if job.spec.strengths
        else words("Strength: {strength}", strength=options.strength),
        words("Size: {size} px", size=options.size),
        words("Colours: {colours}", colours=colours_name(words, options.colours)),
        words("Versions: {seeds}", seeds=", ".join(map(str, job.spec.takes)))
        if job.spec.takes
        else words("Version: {seed} (this number gives the same picture again)", seed=options.seed),
        *([words("Start, strokes and shapes: {ways}", ways=words.listed(begun))] if begun else []),
        words("Photo: {name}", name=shown(job.spec.photo.filename)),
        words("Style: {names}", names=words.listed(styles)),
    ]
    if job.spec.mask:
        mask = shown(job.spec.mask.filename)
        lines.append(words("Only where the mask “{name}” is white", name=mask))
    if job.result:
        took, steps = duration(words, job.result.seconds), job.result.steps
        lines.append(words("Painted in {duration}, {steps} steps", duration=took, steps=steps))
    lines += _machine(words, recipe)
    lines += _lineage(words, ancestors, has_parent=job.spec.parent_id is not None)
    return fitting("\n".join(lines), MAX_CONTENT)


def _style(words: Words, job: Job, style: JobStyle) -> str:
    name = shown(style.image.filename)
    if len(job.spec.styles) == 1 or job.spec.apart:
        return name
    share = style.weight / sum(other.weight for other in job.spec.styles)
    return f"{name} ({words.percent(share)})"


def _machine(words: Words, recipe: Mapping[str, Any]) -> list[str]:
    """Say with what program it was made, as far as the file can be understood."""
    versions = recipe.get("versions")
    if not isinstance(versions, Mapping):
        return []
    torch = str(versions.get("torch")).partition("+")[0]  # what it was built for is the host's
    told = [f"nst {recipe.get('nst')}", f"torch {torch}"]
    return [words("Made with: {parts}", parts=shown(" · ".join(told)[:200]))]


def _lineage(words: Words, ancestors: Sequence[Job], *, has_parent: bool) -> list[str]:
    if not has_parent:
        return []
    lines = [words("**Where it comes from**")]
    if not ancestors:
        return [*lines, words("A picture that is not kept any more.")]
    for ancestor in ancestors[:_MAX_ANCESTORS]:
        # A private card would tell who looks that it is there.
        spec, link = ancestor.spec, f" · [{words('card')}]({card_link(ancestor.address)})"
        line = options_line(words, spec)
        lines.append(f"← {line}{'' if spec.private else link}")
    if len(ancestors) > _MAX_ANCESTORS:
        lines.append(words("… and {count} more before", count=len(ancestors) - _MAX_ANCESTORS))
    elif ancestors[-1].spec.parent_id:
        lines.append(words("… and older ones that are not kept any more"))
    return lines
