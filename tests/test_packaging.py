"""What `pip install` gets: the wheel's contents, its commands, and the pinned versions."""

import io
import re
import tomllib
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from email.message import Message
from email.parser import Parser
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from hatchling.build import build_wheel
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
# Versions of these depend on the machine's GPU.
LEFT_TO_PIP = {"torch", "torchvision", "triton"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    out = tmp_path_factory.mktemp("wheel")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # a PEP 517 build hook works on the current folder
        name = build_wheel(str(out))
    with zipfile.ZipFile(out / name) as archive:
        yield archive


def dist_info(wheel: zipfile.ZipFile, file: str) -> str:
    (name,) = (n for n in wheel.namelist() if n.endswith(f".dist-info/{file}"))
    return wheel.read(name).decode()


def metadata(wheel: zipfile.ZipFile) -> Message:
    return Parser().parse(io.StringIO(dist_info(wheel, "METADATA")))


def test_every_file_of_the_packages_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    on_disk = {
        path.relative_to(ROOT).as_posix()
        for package in ("nst", "backend", "bot", "localchat")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert on_disk - set(wheel.namelist()) == set()
    assert {"nst/py.typed", "backend/py.typed", "backend/examples/README.md"} <= on_disk
    assert {"bot/py.typed", "bot/__main__.py"} <= on_disk
    assert {"localchat/py.typed", "localchat/README.md", "localchat/page/index.html"} <= on_disk


def test_nothing_else_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    packages = {top for top in tops if not top.endswith(".dist-info")}
    assert packages == {"nst", "backend", "bot", "localchat"}


def test_the_wheel_is_small(wheel: zipfile.ZipFile) -> None:
    assert sum(info.compress_size for info in wheel.infolist()) < 5_000_000


def test_the_licence_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    assert "MIT" in metadata(wheel)["License-Expression"]
    assert "MIT License" in dist_info(wheel, "licenses/LICENSE")


def test_both_commands_lead_somewhere(wheel: zipfile.ZipFile) -> None:
    parser = ConfigParser()
    parser.read_string(dist_info(wheel, "entry_points.txt"))
    commands = dict(parser["console_scripts"])
    assert commands.keys() == {"nst", "stylize-bot"}
    for name, target in commands.items():
        assert callable(EntryPoint(name, target, "console_scripts").load())


def test_nst_alone_needs_none_of_the_bots_libraries(wheel: zipfile.ZipFile) -> None:
    requirements = [Requirement(text) for text in metadata(wheel).get_all("Requires-Dist", [])]
    always = {
        canonicalize_name(asked.name)
        for asked in requirements
        if asked.marker is None or asked.marker.evaluate({"extra": ""})
    }
    of_bot = {
        canonicalize_name(asked.name)
        for asked in requirements
        if asked.marker is not None and asked.marker.evaluate({"extra": "bot"})
    }
    assert "torch" in always
    assert "discord-py" in of_bot
    assert always.isdisjoint(of_bot)


def test_every_pin_has_its_hashes() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {_pin(line.split("  #")[0]) for line in lines if line and line[0] != "#"}
    blocks = (ROOT / "hashes.txt").read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    hashed = {_pin(block.split("--hash")[0]) for block in blocks if block[0] != "#"}
    assert hashed == pins, "renew hashes.txt as constraints.txt says"
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}\b", block) for block in blocks)


def _pin(text: str) -> tuple[str, str]:
    asked = Requirement(text.strip())
    return canonicalize_name(asked.name), str(asked.specifier)


def test_constraints_pin_what_pyproject_asks_for() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line.split("  #")[0]) for line in lines if line and line[0] != "#"]
    versions = {canonicalize_name(pin.name): str(pin.specifier) for pin in pins}
    assert all(version.startswith("==") for version in versions.values())
    assert not [n for n in versions if n in LEFT_TO_PIP or n.startswith(("nvidia-", "cuda-"))]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for text in [*project["dependencies"], *extras["bot"], *extras["dev"]]:
        asked = Requirement(text)
        if asked.name in LEFT_TO_PIP | {project["name"]}:
            continue
        name = canonicalize_name(asked.name)
        assert name in versions, f"constraints.txt lacks {name}"
        assert asked.specifier.contains(versions[name].removeprefix("==")), f"{name} is too old"
