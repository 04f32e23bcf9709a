"""What a command must be like to be registered.

Source: Discord's API documentation, "Application Commands".
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Any, Final

from localchat.errors import FormErrors, Json
from localchat.kinds import Menu, Option

MAX_OPTIONS = 25
MAX_CHOICES = 25
MAX_NAME = 32
MAX_DESCRIPTION = 100
MAX_CHOICE = 100
MAX_STRING = 6000
MAX_NUMBER = 2**53 - 1
MAX_SIZE = 8000
MAX_OF_KIND: Final[dict[int, int]] = {Menu.CHAT_INPUT: 100, Menu.USER: 15, Menu.MESSAGE: 15}
_MENUS: Final = frozenset({Menu.USER, Menu.MESSAGE})
_WITH_OPTIONS: Final = frozenset({Option.SUBCOMMAND, Option.SUBCOMMAND_GROUP})
_AT_TOP: Final = frozenset(Option)
_VALUES: Final = _AT_TOP - _WITH_OPTIONS
_TYPED: Final = frozenset({Option.STRING, Option.INTEGER, Option.NUMBER})
LOCALES: Final = frozenset(
    [
        "id",
        "da",
        "de",
        "en-GB",
        "en-US",
        "es-ES",
        "es-419",
        "fr",
        "hr",
        "it",
        "lt",
        "hu",
        "nl",
        "no",
        "pl",
        "pt-BR",
        "ro",
        "fi",
        "sv-SE",
        "vi",
        "tr",
        "cs",
        "el",
        "bg",
        "ru",
        "uk",
        "hi",
        "th",
        "zh-CN",
        "ja",
        "zh-TW",
        "ko",
    ]
)
"""Languages of Discord's client. Source: Discord's API reference, "Locales"."""
_NAME = re.compile(r"[-_'\w]{1,32}")

Path = tuple[str | int, ...]


def check_commands(payloads: Any) -> list[Json]:
    """Return a whole set of commands, checked; nothing at all is an empty one.

    Raises:
        ApiError: 50035, naming every field that breaks a limit.
    """
    errors = FormErrors()
    read = errors.objects((), payloads)
    errors.raise_if_any()
    counts = Counter(map(kind_of, read))
    for kind, most in MAX_OF_KIND.items():
        if counts[kind] > most:
            errors.add((), "APPLICATION_COMMANDS_TOO_MANY", f"At most {most} of type {kind}.")
    names = Counter((kind_of(payload), str(payload.get("name"))) for payload in read)
    for at, payload in enumerate(read):
        if names[kind_of(payload), str(payload.get("name"))] > 1:
            message = "Application command names must be unique"
            errors.add((at, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
        _check_command(payload, (at,), errors)
    errors.raise_if_any()
    return read


def kind_of(node: Json, missing: int = Menu.CHAT_INPUT) -> int:
    """Return the type of a command or option; -1, which nothing is, for nonsense."""
    kind = node.get("type") or missing
    return kind if isinstance(kind, int) else -1


def _check_command(payload: Json, path: Path, errors: FormErrors) -> None:
    kind = kind_of(payload)
    if kind not in MAX_OF_KIND:
        errors.add((*path, "type"), "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3}.")
    _check_where(payload, path, errors)
    if kind in _MENUS:
        errors.text(payload, "name", path, 1, MAX_NAME)
        errors.text(payload, "description", path, 0, 0)
        _check_translations(payload, "name", path, errors, MAX_NAME)
        return
    _check_name(payload, path, errors)
    _check_description(payload, path, errors)
    _check_options(payload.get("options"), (*path, "options"), errors, _AT_TOP)
    errors.raise_if_any()
    if _text_size(payload) > MAX_SIZE:
        message = f"Command exceeds maximum size ({MAX_SIZE})"
        errors.add(path, "APPLICATION_COMMAND_TOO_LARGE", message)


def _check_where(payload: Json, path: Path, errors: FormErrors) -> None:
    """Check who may use it, and where."""
    for key, allowed in (("contexts", (0, 1, 2)), ("integration_types", (0, 1))):
        if (given := payload.get(key)) is None:
            continue
        values = given if isinstance(given, list) else []
        errors.length((*path, key), values, 1, len(allowed))
        for at, value in enumerate(values):
            if value not in allowed:
                message = f"Value must be one of {allowed}."
                errors.add((*path, key, at), "BASE_TYPE_CHOICES", message)
    needed = payload.get("default_member_permissions")
    if needed is not None and not re.fullmatch("[0-9]{1,20}", str(needed)):
        message = f'Value "{needed!s:.50}" is not a permission flag.'
        errors.add((*path, "default_member_permissions"), "BITFIELD_TYPE_CONVERT", message)


def _is_name(name: object) -> bool:
    if not isinstance(name, str) or name != name.lower():
        return False
    return _NAME.fullmatch(unicodedata.normalize("NFC", name)) is not None


def _check_name(payload: Json, path: Path, errors: FormErrors) -> None:
    translations = _check_translations(payload, "name", path, errors, MAX_NAME)
    for name in (payload.get("name"), *translations.values()):
        if not _is_name(name):
            message = "Command name is invalid"
            errors.add((*path, "name"), "APPLICATION_COMMAND_INVALID_NAME", message)


def _check_description(payload: Json, path: Path, errors: FormErrors) -> None:
    errors.text(payload, "description", path, 1, MAX_DESCRIPTION)
    _check_translations(payload, "description", path, errors, MAX_DESCRIPTION)


def _check_translations(payload: Json, key: str, path: Path, errors: FormErrors, most: int) -> Json:
    """Return the translations of a name or description, in languages Discord has."""
    here = (*path, f"{key}_localizations")
    translations = errors.object(here, payload.get(f"{key}_localizations"))
    for locale in translations:
        if locale not in LOCALES:
            errors.add(here, "ENUM_TYPE_COERCE", f"{locale[:20]!r} is not a valid locale.")
        errors.text(translations, locale, here, 1, most)
    return translations


def _check_options(given: Any, path: Path, errors: FormErrors, allowed: frozenset[int]) -> None:
    options = errors.objects(path, given)
    errors.length(path, options, 0, MAX_OPTIONS)
    names = Counter(str(option.get("name")) for option in options)
    below = {kind_of(option, -1) in _WITH_OPTIONS for option in options}
    if len(below) > 1:
        message = "Subcommands cannot stand beside other options"
        errors.add(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
    optional_seen = False
    for at, option in enumerate(options):
        here = (*path, at)
        _check_name(option, here, errors)
        _check_description(option, here, errors)
        if names[str(option.get("name"))] > 1:
            message = "Option names must be unique"
            errors.add((*here, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", message)
        if option.get("required") and optional_seen:
            message = "Required options must be placed before non-required options"
            errors.add(here, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_seen |= not option.get("required")
        if kind_of(option, -1) not in allowed:
            choices = ", ".join(str(int(kind)) for kind in sorted(allowed))
            message = f"Value must be one of {{{choices}}}."
            errors.add((*here, "type"), "BASE_TYPE_CHOICES", message)
        else:
            _check_option(option, here, errors)


def _check_option(option: Json, path: Path, errors: FormErrors) -> None:
    kind = kind_of(option, -1)
    if kind in _WITH_OPTIONS:
        if option.get("required"):
            message = "Subcommands cannot be required"
            errors.add(path, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        is_group = kind == Option.SUBCOMMAND_GROUP
        if is_group and not option.get("options"):
            errors.add((*path, "options"), "BASE_TYPE_REQUIRED", "This field is required")
        inner = frozenset({Option.SUBCOMMAND}) if is_group else _VALUES
        _check_options(option.get("options"), (*path, "options"), errors, inner)
        return
    _check_choices(option, path, errors)
    _check_bounds(option, path, errors)


def _check_bounds(option: Json, path: Path, errors: FormErrors) -> None:
    errors.count(option, "min_length", path, 0, MAX_STRING)
    errors.count(option, "max_length", path, 1, MAX_STRING)
    for what in ("value", "length"):
        low, high = option.get(f"min_{what}"), option.get(f"max_{what}")
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            message = "Minimum value must not be greater than the maximum value"
            errors.add(path, "APPLICATION_COMMAND_OPTION_MIN_MAX", message)


def _check_choices(option: Json, path: Path, errors: FormErrors) -> None:
    kind = kind_of(option, -1)
    choices = check_choices(option.get("choices"), kind, path, errors)
    if (choices or option.get("autocomplete")) and kind not in _TYPED:
        message = "Only texts and numbers have choices or autocomplete"
        errors.add(path, "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", message)
    if choices and option.get("autocomplete"):
        message = "Autocomplete options cannot have choices"
        errors.add(path, "APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES", message)


def check_choices(given: Any, kind: int, path: Path, errors: FormErrors) -> list[Json]:
    """Return the choices of an option, registered or suggested; note what is wrong."""
    choices = errors.objects((*path, "choices"), given)
    errors.length((*path, "choices"), choices, 0, MAX_CHOICES)
    for at, choice in enumerate(choices):
        here = (*path, "choices", at)
        errors.text(choice, "name", here, 1, MAX_CHOICE)
        _check_translations(choice, "name", here, errors, MAX_CHOICE)
        value = choice.get("value")
        if kind == Option.STRING or value is None:
            errors.text(choice, "value", here, 1, MAX_CHOICE)
        elif kind == Option.INTEGER:
            errors.count(choice, "value", here, -MAX_NUMBER, MAX_NUMBER)
        elif not isinstance(value, int | float):
            message = f'Value "{value!s:.50}" is not float.'
            errors.add((*here, "value"), "NUMBER_TYPE_COERCE", message)
    return choices


def _text_size(node: Json) -> int:
    """Count the characters of all names, descriptions and choice values (limit 8000); of a
    translated text, the longest translation counts."""
    size = 0
    for key in ("name", "description"):
        translations = node.get(f"{key}_localizations") or {}
        size += max(len(text) for text in (node.get(key) or "", *translations.values()))
    size += len(str(node.get("value") or ""))
    below = [*(node.get("choices") or []), *(node.get("options") or [])]
    return size + sum(map(_text_size, below))
