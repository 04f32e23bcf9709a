"""The bot's own process: who may look into it, and what it says where isolation is missing."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from backend.settings import Settings
from nst.isolation import missing_layers

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="Linux isolates, others do not"),
    pytest.mark.skipif("seccomp" in missing_layers(), reason="seccomp plays an older kernel here"),
]
REPOSITORY = Path(__file__).parents[2]
OLD_KERNEL = f"""
from nst.isolation import seccomp
seccomp.refuse({{"landlock_create_ruleset": None}}, {errno.ENOSYS})
"""
RUN = """
import sys
from bot.__main__ import main
sys.argv = ["stylize-bot", "run"]
main()
"""
PROTECT = """
import ctypes, json, logging, os, subprocess
readable = os.environ["STYLIZE_ISOLATION"] == "off"
from backend.protection import protect
from backend.settings import load_settings
logging.basicConfig()
settings = load_settings()
protect(settings)
print(json.dumps({
    "dumpable": ctypes.CDLL(None).prctl(3),
    "names": list(os.environ),
    "child": subprocess.check_output(["env"], text=True),
    "token": settings.discord_token.get_secret_value(),
    "told": open("/proc/self/environ", "rb").read().decode() if readable else "",
}))
"""
ENVIRONMENT = {
    "PYTHONPATH": str(REPOSITORY),
    "PATH": "/usr/bin:/bin",
    "discord_token": "SECRET-token",
    "DATABASE_URL": "postgresql://bot:SECRET@host/jobs",
    "AWS_SESSION_TOKEN": "SECRET session",
}


def python(
    code: str, folder: Path, isolation: str = "best", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**ENVIRONMENT, "STYLIZE_ISOLATION": isolation, **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_secrets_leave_the_environment_once_they_are_read(tmp_path: Path) -> None:
    seen = json.loads(python(PROTECT, tmp_path).stdout)
    assert seen["token"] == "SECRET-token"
    assert "SECRET" not in seen["child"]
    assert {"discord_token", "DATABASE_URL"}.isdisjoint(seen["names"])


def test_every_secret_setting_is_meant() -> None:
    secret = [name for name, field in Settings.model_fields.items() if "Secret" in str(field)]
    assert secret == ["discord_token", "database_url"]


def test_nobody_may_look_into_the_bot(tmp_path: Path) -> None:
    assert json.loads(python(PROTECT, tmp_path).stdout)["dumpable"] == 0


@pytest.mark.skipif("landlock" in missing_layers(), reason="this kernel lacks it anyway")
def test_nothing_is_said_where_nothing_is_missing(tmp_path: Path) -> None:
    assert python(PROTECT, tmp_path, isolation="required").stderr == ""


def test_what_is_missing_is_said_once(tmp_path: Path) -> None:
    done = python(OLD_KERNEL + PROTECT, tmp_path)
    assert done.returncode == 0
    assert done.stderr.count("this system lacks: landlock.") == 1


@pytest.mark.slow
def test_where_all_is_required_the_bot_does_not_run(tmp_path: Path) -> None:
    done = python(OLD_KERNEL + RUN, tmp_path, isolation="required")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line == ("stylize-bot: STYLIZE_ISOLATION is required, but this system lacks: landlock.")


def test_switching_it_off_is_said(tmp_path: Path) -> None:
    done = python(PROTECT, tmp_path, isolation="off")
    assert "STYLIZE_ISOLATION is off" in done.stderr
    assert "SECRET" not in json.loads(done.stdout)["child"]


def test_the_system_does_not_tell_secrets_either(tmp_path: Path) -> None:
    """Linux shows for as long as a process lives with which environment it was started."""
    told = json.loads(python(PROTECT, tmp_path, isolation="off").stdout)["told"]
    assert "discord_token=" in told
    assert "SECRET" not in told
