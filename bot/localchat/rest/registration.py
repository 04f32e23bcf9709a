"""What a command must be like to be registered.

Source: Discord's API documentation, "Application Commands".
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Any, Final

from bot.localchat.errors import FormErrors, Json
from bot.localchat.kinds import Menu, Option

MAX_OPTIONS = 25
MAX_CHOICES = 25
_MAX_OF_KIND: Final = {Menu.CHAT_INPUT: 100, Menu.USER: 15, Menu.MESSAGE: 15}
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


def check_commands(payloads: Any) -> None:
    """Checks a whole set of commands.

    Raises:
        ApiError: 50035, naming every field that breaks a limit.
    """
    errors = FormErrors()
    payloads = errors.objects((), payloads)
    errors.raise_if_any()
    counts = Counter(payload.get("type") or Menu.CHAT_INPUT for payload in payloads)
    for kind, most in _MAX_OF_KIND.items():
        if counts[kind] > most:
            errors.add((), "APPLICATION_COMMANDS_TOO_MANY", f"At most {most} of type {kind}.")
    names = Counter((payload.get("type") or 1, payload.get("name")) for payload in payloads)
    for at, payload in enumerate(payloads):
        if names[payload.get("type") or 1, payload.get("name")] > 1:
            message = "Application command names must be unique"
            errors.add((at, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
        _check_command(payload, (at,), errors)
    errors.raise_if_any()


def _check_command(payload: Json, path: Path, errors: FormErrors) -> None:
    kind = payload.get("type") or Menu.CHAT_INPUT
    description = payload.get("description") or ""
    if kind in _MENUS:
        errors.length((*path, "name"), str(payload.get("name") or ""), 1, 32)
        errors.length((*path, "description"), description, 0, 0)
        _check_translations(payload, "name", path, errors)
        return
    _check_name(payload, path, errors)
    _check_description(payload, path, errors)
    _check_options(payload.get("options"), (*path, "options"), errors, _AT_TOP)
    errors.raise_if_any()
    if _text_size(payload) > 8000:
        message = "Command exceeds maximum size (8000)"
        errors.add(path, "APPLICATION_COMMAND_TOO_LARGE", message)


def _is_name(name: object) -> bool:
    if not isinstance(name, str) or name != name.lower():
        return False
    return _NAME.fullmatch(unicodedata.normalize("NFC", name)) is not None


def _check_name(payload: Json, path: Path, errors: FormErrors) -> None:
    translations = _check_translations(payload, "name", path, errors)
    for name in (payload.get("name"), *translations.values()):
        if not _is_name(name):
            message = "Command name is invalid"
            errors.add((*path, "name"), "APPLICATION_COMMAND_INVALID_NAME", message)


def _check_description(payload: Json, path: Path, errors: FormErrors) -> None:
    errors.length((*path, "description"), payload.get("description") or "", 1, 100)
    for locale, text in _check_translations(payload, "description", path, errors).items():
        errors.length((*path, "description_localizations", locale), str(text), 1, 100)


def _check_translations(payload: Json, key: str, path: Path, errors: FormErrors) -> Json:
    """The translations of a name or description, in languages Discord has."""
    given = payload.get(f"{key}_localizations")
    translations = given if isinstance(given, dict) else {}
    for locale in set(translations) - LOCALES:
        message = f"{locale[:20]!r} is not a valid locale."
        errors.add((*path, f"{key}_localizations"), "ENUM_TYPE_COERCE", message)
    return translations


def _check_options(given: Any, path: Path, errors: FormErrors, allowed: frozenset[int]) -> None:
    options = errors.objects(path, given)
    errors.length(path, options, 0, MAX_OPTIONS)
    names = Counter(option.get("name") for option in options)
    below = {option.get("type") in _WITH_OPTIONS for option in options}
    if len(below) > 1:
        message = "Subcommands cannot stand beside other options"
        errors.add(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
    optional_seen = False
    for at, option in enumerate(options):
        here = (*path, at)
        _check_name(option, here, errors)
        _check_description(option, here, errors)
        if names[option.get("name")] > 1:
            message = "Option names must be unique"
            errors.add((*here, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", message)
        if option.get("required") and optional_seen:
            message = "Required options must be placed before non-required options"
            errors.add(here, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_seen |= not option.get("required")
        if option.get("type") not in allowed:
            choices = ", ".join(str(int(kind)) for kind in sorted(allowed))
            message = f"Value must be one of {{{choices}}}."
            errors.add((*here, "type"), "BASE_TYPE_CHOICES", message)
        else:
            _check_option(option, here, errors)


def _check_option(option: Json, path: Path, errors: FormErrors) -> None:
    kind = option["type"]
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
    low, high = option.get("min_value"), option.get("max_value")
    if low is not None and high is not None and low > high:
        message = "Minimum value must not be greater than the maximum value"
        errors.add(path, "APPLICATION_COMMAND_OPTION_MIN_MAX", message)


def _check_choices(option: Json, path: Path, errors: FormErrors) -> None:
    kind = option["type"]
    choices = errors.objects((*path, "choices"), option.get("choices"))
    errors.length((*path, "choices"), choices, 0, MAX_CHOICES)
    if (choices or option.get("autocomplete")) and kind not in _TYPED:
        message = "Only texts and numbers have choices or autocomplete"
        errors.add(path, "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", message)
    if choices and option.get("autocomplete"):
        message = "Autocomplete options cannot have choices"
        errors.add(path, "APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES", message)
    for at, choice in enumerate(choices):
        here = (*path, "choices", at)
        errors.length((*here, "name"), choice.get("name") or "", 1, 100)
        for text in _check_translations(choice, "name", here, errors).values():
            errors.length((*here, "name_localizations"), str(text), 1, 100)
        if kind == Option.STRING:
            errors.length((*here, "value"), str(choice.get("value") or ""), 1, 100)


def _text_size(node: Json) -> int:
    """Characters of all names, descriptions and choice values (limit 8000)."""
    size = len(node.get("name") or "") + len(node.get("description") or "")
    for choice in node.get("choices") or []:
        size += len(choice.get("name") or "") + len(str(choice.get("value") or ""))
    return size + sum(_text_size(option) for option in node.get("options") or [])
