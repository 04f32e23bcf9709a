"""Settings: read in one place, each listed, a wrong one named in one line."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from dotenv import dotenv_values

from backend.errors import ConfigurationError
from backend.settings import Settings, load_settings, variable

EXAMPLE = Path(__file__).parents[2] / ".env.example"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_example_lists_every_setting_with_its_default(folder: Path) -> None:
    listed = dotenv_values(EXAMPLE)
    assert list(listed) == [variable(field) for field in Settings.model_fields]
    defaults = load_settings()
    (folder / ".env").write_bytes(EXAMPLE.read_bytes())
    assert load_settings() == defaults


def test_the_example_explains_every_setting() -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    for before, line in pairwise(lines):
        if "=" in line and not line.startswith("#"):
            assert before.startswith("# "), line
            assert before.endswith("."), line


def test_the_environment_wins_over_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").write_text("STYLIZE_MAX_SIZE=800\nSTYLIZE_DEFAULT_SIZE=300\nOTHER=1\n")
    monkeypatch.setenv("STYLIZE_MAX_SIZE", "900")
    settings = load_settings()
    assert (settings.max_size, settings.default_size) == (900, 300)


def test_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLIZE_DEVICES", " cuda:0, cuda:1,")
    monkeypatch.setenv("STYLIZE_PRESETS", "draft,reference")
    settings = load_settings()
    assert settings.devices == ("cuda:0", "cuda:1")
    assert settings.presets == ("draft", "reference")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("STYLIZE_MAX_SIZE", "big", "STYLIZE_MAX_SIZE is wrong: .*valid integer"),
        ("STYLIZE_MAX_SIZE", "63", "STYLIZE_MAX_SIZE is wrong: .*greater than or equal to 64"),
        ("STYLIZE_PRESETS", "draft,finest", "STYLIZE_PRESETS is wrong: .*'draft'"),
        ("STYLIZE_PRESETS", ",", "STYLIZE_PRESETS is wrong: .*name at least one"),
        ("STYLIZE_LOG_LEVEL", "LOUD", "STYLIZE_LOG_LEVEL is wrong"),
        ("STYLIZE_LOCAL_CHAT_PORT", "70000", "STYLIZE_LOCAL_CHAT_PORT is wrong"),
        ("STYLIZE_DEFAULT_PRESET", "reference", r"STYLIZE_DEFAULT_PRESET \(reference\) is none of"),
        ("STYLIZE_DEFAULT_PRESET", "quick", r"STYLIZE_DEFAULT_PRESET is wrong"),
        ("STYLIZE_DEFAULT_SIZE", "2000", r"STYLIZE_DEFAULT_SIZE \(2000\) is larger than STYLIZE_"),
        ("STYLIZE_MAXSIZE", "800", r"There is no setting STYLIZE_MAXSIZE; \.env\.example lists"),
        ("stylize_device", "cpu", "There is no setting stylize_device"),
    ],
)
def test_a_wrong_one_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=words) as caught:
        load_settings()
    assert "\n" not in str(caught.value)


def test_an_unknown_one_in_the_file_is_found(folder: Path) -> None:
    (folder / ".env").write_text("STYLIZE_COLOUR=red\n")
    with pytest.raises(ConfigurationError, match="There is no setting STYLIZE_COLOUR"):
        load_settings()


def test_an_empty_one_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "")
    monkeypatch.setenv("STYLIZE_MAX_SIZE", "")
    assert load_settings() == Settings()
    assert load_settings().discord_token is None


def test_the_token_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "abc.def")
    settings = load_settings()
    assert settings.discord_token is not None
    assert settings.discord_token.get_secret_value() == "abc.def"
    assert "abc.def" not in f"{settings} {settings!r}"
