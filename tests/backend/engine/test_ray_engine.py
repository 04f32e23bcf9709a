"""The engine of a cluster and a driver that fails; the cluster itself is in `tests/contracts`."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest

from backend.engine.protocol import CHECKPOINT, EngineProgress, outputs
from backend.engine.ray.devices import Host
from backend.engine.ray.engine import RayEngine
from backend.engine.ray.messages import ENDINGS, RunFailed
from backend.errors import HostLost, JobCancelled, JobFailed
from backend.files.local import LocalFiles
from backend.files.store import FileKey
from tests.contracts.requests import files_in, request_for


async def engine_with(
    fault: str, folder: Path, silence: float = 60.0, kind: type[LocalFiles] = LocalFiles
) -> RayEngine:
    """Return an engine whose first driver has a fault."""
    await files_in(folder)
    return RayEngine(
        f"{fault}:{folder}",
        kind(folder),
        driver="tests.backend.engine.drivers",
        restart_delay=0.01,
        silence_seconds=silence,
        grace_seconds=0.0,
    )


def nothing(_: EngineProgress) -> None:
    """Listen without caring."""


def children() -> list[int]:
    found = Path("/proc/self/task").glob("*/children")
    return [int(pid) for each in found for pid in each.read_text().split()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "silence", "said"),
    [
        ("dies", 60.0, "ended: exit status 1"),
        ("gibberish", 60.0, "broke the protocol"),
        ("unknown slot", 60.0, "Traceback"),
        ("silent", 3.0, "silent for 3 s"),
    ],
)
async def test_a_driver_that_fails_is_replaced_and_its_runs_are_lost_no_longer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: str, silence: float, said: str
) -> None:
    """It took an order, of which nobody hears any more."""
    async with asyncio.timeout(60), await engine_with(fault, tmp_path, silence) as engine:
        with pytest.raises(HostLost):
            await engine.run(request_for("act"), nothing)
        again = await engine.run(request_for("act"), nothing)  # waits for the next driver
        assert await engine.files.exists(again.file)
        assert said in caplog.text


async def test_the_result_of_an_attempt_that_was_given_up_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A halted host wakes up while its job is painted elsewhere, and says that it is done.

    Its file is not even there: whoever believed it would have none.
    """
    async with asyncio.timeout(60), await engine_with("zombie", tmp_path) as engine:
        with pytest.raises(HostLost):
            await engine.run(request_for("act"), nothing)
        result = await engine.run(request_for("act"), nothing)
        assert await engine.files.get(result.file) == b"picture"
    assert caplog.text.count("attempt 1 is over: 'done' is refused") == 2


class Gated(LocalFiles):
    """Keeps nothing before it is let; what it has begun cannot be taken back."""

    begun, go = asyncio.Event(), asyncio.Event()

    async def put(self, key: FileKey, source: Path | bytes) -> None:
        self.begun.set()
        await asyncio.shield(asyncio.create_task(self._put(key, source)))

    async def _put(self, key: FileKey, source: Path | bytes) -> None:
        await self.go.wait()
        await LocalFiles.put(self, key, source)


@pytest.mark.parametrize("how", ["killed", "closed"])
async def test_no_file_is_written_after_a_run(tmp_path: Path, how: str) -> None:
    """One is being kept when the run is cancelled; the slot, which does not listen, sends more."""
    Gated.begun, Gated.go = asyncio.Event(), asyncio.Event()
    async with asyncio.timeout(60), await engine_with("late", tmp_path, kind=Gated) as engine:
        run = asyncio.create_task(engine.run(request_for("act"), nothing))
        await Gated.begun.wait()
        if how == "killed":
            engine.kill("job")
        else:
            await engine.__aexit__()
        assert not (await asyncio.wait({run}, timeout=1.0))[0]
        Gated.go.set()
        with pytest.raises(JobCancelled):
            await run
        await engine.files.delete(*outputs("job", 0))
        (tmp_path / "go").touch()
        if how == "killed":
            await engine.run(request_for("act", "next"), nothing)  # in the same slot
    assert not list((tmp_path / "spool").glob("job-*"))


class Broken(LocalFiles):
    """Takes no file with some endings."""

    refused: tuple[str, ...] = ()
    error = 0

    async def put(self, key: FileKey, source: Path | bytes) -> None:
        if key.endswith(self.refused):
            raise OSError(self.error, "it is broken")
        await LocalFiles.put(self, key, source)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errno.EIO, "file store does not work now"),
        (errno.ETIMEDOUT, "file store does not work now"),
        (errno.ENOSPC, "no room is left"),
    ],
)
async def test_a_store_that_refuses_is_said_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, error: int, words: str
) -> None:
    """A picture cannot do without; a checkpoint that cannot be kept is none."""
    Broken.refused, Broken.error = (CHECKPOINT, ".png"), error
    async with asyncio.timeout(60), await engine_with("none", tmp_path, kind=Broken) as engine:
        with pytest.raises(JobFailed, match=words) as caught:
            await engine.run(request_for("act"), nothing)
        Broken.refused = (CHECKPOINT,)
        result = await engine.run(request_for("act"), nothing)
        assert await engine.files.exists(result.file)
    assert type(caught.value) is JobFailed
    assert caplog.text.count("Traceback") == 3


@pytest.mark.slow
async def test_a_listener_that_fails_does_no_harm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def listen() -> None:
        raise RuntimeError("heard enough")

    async with asyncio.timeout(60), await engine_with("dies", tmp_path) as engine:
        engine.watch(listen)
        with pytest.raises(HostLost):
            await engine.run(request_for("act"), nothing)
        await engine.run(request_for("act"), nothing)
    assert "heard enough" in caplog.text


@pytest.mark.parametrize("fault", ["silent", "always dies"])
async def test_closing_ends_runs_and_leaves_no_driver(tmp_path: Path, fault: str) -> None:
    before = set(children())
    async with asyncio.timeout(60):
        async with await engine_with(fault, tmp_path) as engine:
            run = asyncio.create_task(engine.run(request_for("act"), nothing))
            await asyncio.sleep(0.1)
        with pytest.raises(JobCancelled if fault == "silent" else (JobCancelled, HostLost)):
            await run
    assert set(children()) == before


@pytest.mark.parametrize(
    ("resources", "slots", "device", "cores", "share"),
    [
        ({"CPU": 8}, 1, "cpu", 8, 0),
        ({"CPU": 8, "painters": 4}, 4, "cpu", 2, 0),
        ({"CPU": 8, "GPU": 2}, 2, "cuda:0", 4, 1),
        ({"CPU": 8, "GPU": 2, "painters": 1}, 1, "cuda:0", 8, 1),
        ({"CPU": 8, "GPU": 1, "painters": 2}, 2, "cuda:0", 4, 0.5),
        ({"CPU": 8, "GPU": 2, "painters": 3}, 3, "cuda:0", 2, 0.5),
        ({"CPU": 2, "GPU": 1, "painters": 3}, 3, "cuda:0", 0, 0.3333),
        ({"CPU": 0, "GPU": 0}, 0, "cpu", 0, 0),
    ],
)
def test_slots_share_a_host(
    resources: dict[str, float], slots: int, device: str, cores: int, share: float
) -> None:
    host = Host("node", "name", resources)
    told = (host.slots, host.device, host.cpu_share, host.gpu_share)
    assert told == (slots, device, cores, share)


@pytest.mark.parametrize("gpus", [1, 2, 3, 8])
def test_all_slots_find_room_on_the_gpus(gpus: int) -> None:
    """Ray counts in ten thousandths, and puts a slot on one GPU only."""
    for slots in range(1, 100):
        share = Host("node", "name", {"GPU": gpus, "painters": slots}).gpu_share
        assert share == round(share, 4)
        assert int(1 / share) * gpus >= slots


def test_a_host_tells_the_kind_of_its_devices() -> None:
    assert Host("node", "name", {"CPU": 4}).kind == "cpu"
    assert Host("node", "name", {"GPU": 1}).kind == "cuda"
    assert Host("node", "name", {"GPU": 1, "accelerator_type:H100": 1}).kind == "H100"


def test_errors_travel_as_endings() -> None:
    for kind in ENDINGS.values():
        error = RunFailed.of(kind("words")).error
        assert (type(error), str(error)) == (kind, "words")
    assert type(RunFailed.of(HostLost("words")).error) is JobFailed
