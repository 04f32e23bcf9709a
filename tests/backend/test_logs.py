"""No log line carries a secret."""

from __future__ import annotations

import json
import logging

import pytest

from backend.logs import JOB_ID, JsonFormatter, RedactingFormatter, set_up_logging

API = "https://discord.com/api/v10"


def line(text: str, *secrets: str, error: Exception | None = None) -> str:
    info = (type(error), error, None) if error else None
    record = logging.LogRecord("bot", logging.INFO, "x.py", 1, text, None, info)
    return RedactingFormatter(*secrets).format(record)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"POST {API}/interactions/12/SECRET/callback?wait=1",
         f"POST {API}/interactions/12/[token]/callback?wait=1"),
        (f"PATCH {API}/webhooks/12/SECRET/messages/@original",
         f"PATCH {API}/webhooks/12/[token]/messages/@original"),
        (f"PATCH {API}/webhooks/12/SECRET", f"PATCH {API}/webhooks/12/[token]"),
        ("https://cdn.discordapp.com/a/1/2/cat.png?ex=SECRET&is=SECRET&hm=SECRET&x=1",
         "https://cdn.discordapp.com/a/1/2/cat.png?ex=[signature]&is=[signature]&hm=[signature]&x=1"),
        ("{'token': 'SECRET', 'type': 2}", "{'token': '[token]', 'type': 2}"),
        ('{"token":"SECRET","type":2}', '{"token":"[token]","type":2}'),
        ("Authorization: Bot my.token", "Authorization: Bot [token]"),
    ],
)  # fmt: skip
def test_secrets_are_blanked_and_nothing_else(text: str, left: str) -> None:
    written = line(text, "my.token", "")
    assert written.endswith(f" INFO    bot: {left}")


def test_tracebacks_too() -> None:
    error = RuntimeError(f"404 for {API}/webhooks/12/SECRET/messages/3 with my.token")
    written = line("It failed.", "my.token", error=error)
    assert "RuntimeError: 404 for" in written
    assert "SECRET" not in written
    assert "my.token" not in written


def test_it_goes_to_stderr_at_the_level_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        set_up_logging("WARNING", "my.token")
        logging.getLogger("bot.test").warning("with my.token")
        logging.getLogger("bot.test").info("not this")
    finally:
        root.handlers[:], root.level = before[0], before[1]
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith(" WARNING bot.test: with [token]\n")
    assert "not this" not in err


def test_json_lines_name_their_job_and_no_secret() -> None:
    record = logging.LogRecord("bot", logging.INFO, __file__, 1, "see %s", ("s3cret",), None)
    token = JOB_ID.set("1k0zabc")
    try:
        line = json.loads(JsonFormatter("s3cret").format(record))
    finally:
        JOB_ID.reset(token)
    assert line["job"] == "1k0zabc"
    assert line["message"] == "see [token]"
    assert line["level"] == "INFO"
