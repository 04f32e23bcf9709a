"""Refusals in Discord's own words: HTTP status, JSON error code and message.

Source: Discord's API documentation, "Opcodes and Status Codes → JSON error codes".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Json = dict[str, Any]
"""A JSON object."""


class ApiError(Exception):
    """A request is refused.

    Args:
        status: HTTP status, 400 to 599.
        code: Discord's JSON error code; 0 for the general ones.
        message: Discord's words.
        errors: for code 50035, the tree of what is wrong with which field.
    """

    def __init__(
        self, status: int, code: int, message: str, errors: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{status} ({code}): {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    def body(self) -> Json:
        """Return the answer's JSON."""
        body: Json = {"message": self.message, "code": self.code}
        if self.errors:
            body["errors"] = dict(self.errors)
        return body


class FormErrors:
    """Collects what is wrong with a request body, field by field, then refuses it as a whole.

    A path such as `("components", 0, "custom_id")` becomes
    `{"components": {"0": {"custom_id": {"_errors": [{"code": …, "message": …}]}}}}`.

    Args:
        under: put before every path.
    """

    def __init__(self, under: tuple[str, ...] = ()) -> None:
        self._under = under
        self._tree: Json = {}

    def add(self, path: tuple[str | int, ...], code: str, message: str) -> None:
        """Note one error of the field at `path`."""
        node = self._tree
        for step in (*self._under, *path):
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def length(
        self,
        path: tuple[str | int, ...],
        value: str | list[Any],
        low: int,
        high: int,
    ) -> None:
        """Note an error unless `low <= len(value) <= high`."""
        if low <= len(value) <= high:
            return
        if low:
            self.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")
        else:
            self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")

    def objects(self, path: tuple[str | int, ...], value: Any) -> list[Json]:
        """Return a list of objects as it is; note anything else but None, and return []."""
        if value is None:
            return []
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return value
        self.add(path, "LIST_TYPE_CONVERT", "Only lists of objects may be used here.")
        return []

    def object(self, path: tuple[str | int, ...], value: Any) -> Json:
        """Return an object as it is; note anything else but None, and return {}."""
        if isinstance(value, dict):
            return value
        if value is not None:
            message = "Only dictionaries may be used in a ModelType"
            self.add(path, "MODEL_TYPE_CONVERT", message)
        return {}

    def text(
        self,
        node: Json,
        key: str,
        path: tuple[str | int, ...],
        low: int,
        high: int,
        *,
        optional: bool = False,
    ) -> str | None:
        """Return a text field of `low` to `high` characters; None if it is missing, which is an
        error unless it is `optional` or `low` is 0."""
        value = node.get(key)
        if value is None:
            if low and not optional:
                self.add((*path, key), "BASE_TYPE_REQUIRED", "This field is required")
            return None
        if not isinstance(value, str):
            self.add((*path, key), "STRING_TYPE_CONVERT", "Could not interpret as string.")
            return None
        self.length((*path, key), value, low, high)
        return value

    def count(
        self,
        node: Json,
        key: str,
        path: tuple[str | int, ...],
        low: int,
        high: int,
        default: int = 1,
    ) -> int:
        """Return an integer field from `low` to `high`; `default` if it is missing or wrong."""
        value = node.get(key)
        if value is None:
            return default
        if not isinstance(value, int):
            self.add((*path, key), "NUMBER_TYPE_COERCE", f'Value "{value!s:.50}" is not int.')
        elif value < low:
            message = f"int value should be greater than or equal to {low}."
            self.add((*path, key), "NUMBER_TYPE_MIN", message)
        elif value > high:
            message = f"int value should be less than or equal to {high}."
            self.add((*path, key), "NUMBER_TYPE_MAX", message)
        else:
            return value
        return default

    def link(
        self,
        node: Json,
        key: str,
        path: tuple[str | int, ...],
        schemes: tuple[str, ...],
        *,
        optional: bool = False,
        high: int = 2048,
    ) -> str:
        """Return an address with one of the schemes; empty if it is missing."""
        url = self.text(node, key, path, 1, high, optional=optional) or ""
        scheme, _, rest = url.partition("://")
        if url and scheme not in schemes:
            wanted = ", ".join(f"'{each}'" for each in schemes)
            named = url.partition(":")[0][:20]
            message = f'Scheme "{named}" is not supported. Scheme must be one of ({wanted}).'
            self.add((*path, key), "URL_TYPE_INVALID_SCHEME", message)
        elif url and (not rest or any(character.isspace() for character in rest)):
            self.add((*path, key), "URL_TYPE_INVALID_URL", "Not a well formed URL.")
        return url

    def raise_if_any(self) -> None:
        """Raise the refusal if anything was noted.

        Raises:
            ApiError: 400, code 50035.
        """
        if self._tree:
            raise self.refusal()

    def refusal(self) -> ApiError:
        """Return the refusal with everything noted so far."""
        return ApiError(400, 50035, "Invalid Form Body", self._tree)


def invalid_form(path: tuple[str | int, ...], code: str, message: str) -> ApiError:
    """Return the refusal (400, code 50035) of a body with one wrong field."""
    errors = FormErrors()
    errors.add(path, code, message)
    return errors.refusal()


UNAUTHORIZED: Final = (401, 0, "401: Unauthorized")
NOT_FOUND: Final = (404, 0, "404: Not Found")
METHOD_NOT_ALLOWED: Final = (405, 0, "405: Method Not Allowed")
UNKNOWN_APPLICATION: Final = (404, 10002, "Unknown Application")
UNKNOWN_CHANNEL: Final = (404, 10003, "Unknown Channel")
UNKNOWN_GUILD: Final = (404, 10004, "Unknown Guild")
UNKNOWN_MESSAGE: Final = (404, 10008, "Unknown Message")
UNKNOWN_WEBHOOK: Final = (404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION: Final = (404, 10062, "Unknown interaction")
UNKNOWN_COMMAND: Final = (404, 10063, "Unknown application command")
TOO_MANY_COMMANDS: Final = (400, 30032, "Maximum number of application commands reached ({most})")
TOO_MANY_ATTACHMENTS: Final = (
    400,
    30015,
    "Maximum number of attachments in a message reached (10)",
)
OLD_EDITS: Final = (429, 30046, "Maximum number of edits to messages older than 1 hour reached.")
TOO_LARGE: Final = (413, 40005, "Request entity too large")
ALREADY_ACKNOWLEDGED: Final = (400, 40060, "Interaction has already been acknowledged.")
MISSING_ACCESS: Final = (403, 50001, "Missing Access")
NOT_THE_AUTHOR: Final = (403, 50005, "Cannot edit a message authored by another user")
EMPTY_MESSAGE: Final = (400, 50006, "Cannot send an empty message")
NOT_A_TEXT_CHANNEL: Final = (400, 50008, "Cannot send messages in a non-text channel")
THREAD_ARCHIVED: Final = (400, 50083, "Thread is archived")
UNKNOWN_USER: Final = (404, 10013, "Unknown User")
INVALID_RECIPIENT: Final = (400, 50033, "Invalid Recipient(s)")
MISSING_PERMISSIONS: Final = (403, 50013, "Missing Permissions")
INVALID_WEBHOOK_TOKEN: Final = (401, 50027, "Invalid Webhook Token")
NO_HISTORY: Final = (
    403,
    160002,
    "Cannot reply without permission to read message history",
)
INVALID_JSON: Final = (400, 50109, "The request body contains invalid JSON.")
