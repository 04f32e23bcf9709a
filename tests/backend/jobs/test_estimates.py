"""How long pictures take, as pure calculations; and who is told, by a queue."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.engine.speed import PictureTime
from backend.jobs.estimates import Estimates, SecondsOf, megapixels
from backend.jobs.fit import OFFSET
from backend.jobs.loads import Loads
from backend.jobs.model import Job, JobState
from backend.jobs.queue import JobQueue
from backend.jobs.store import JobStore
from nst.options import Preset
from tests.backend.jobs.support import MakeJob, NewJobs, Script, with_options

LENIENT = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SIZES = (128, 256, 512, 1024)


def as_work(size: int) -> float:
    """Return how much longer a picture of 4:3 takes than one of 512 px."""
    work, usual = (side**2 * 0.75 / 1e6 + OFFSET for side in (size, 512))
    return work / usual


def times(seconds: float = 20.0) -> list[PictureTime]:
    """Return what was measured where `standard` at 512 px takes so long, `draft` a third."""
    return [
        PictureTime(preset=preset, size=size, seconds=share * seconds * as_work(size))
        for preset, share in ((Preset.STANDARD, 1.0), (Preset.DRAFT, 1 / 3))
        for size in SIZES
    ]


def test_estimates_follow_the_newest_runs(make_job: MakeJob) -> None:
    job = make_job(1, 1, 100)
    estimates = Estimates()
    assert estimates.seconds(job) is None
    estimates.guess(job, 50.0)
    assert estimates.seconds(job) == pytest.approx(50)
    for _ in range(40):
        estimates.learn(job, "cpu", 10.0)
    assert estimates.seconds(job) == pytest.approx(10, rel=0.01)
    estimates.guess(job, 99.0)
    assert estimates.seconds(job) == pytest.approx(10, rel=0.01)
    twice = with_options(job, size=2 * job.spec.options.size)
    assert estimates.seconds(twice) == pytest.approx(34, rel=0.01)
    for _ in range(40):
        estimates.learn(twice, "cpu", 22.0)
        estimates.learn(job, "cpu", 10.0)
    assert estimates.seconds(twice) == pytest.approx(22, rel=0.05)
    assert estimates.seconds(job) == pytest.approx(10, rel=0.05)
    again = Estimates(estimates.sums, loads=estimates.loads)
    assert again.seconds(twice) == estimates.seconds(twice)


def test_the_first_picture_is_estimated_by_what_was_measured(make_job: MakeJob) -> None:
    job = make_job(1, 1, 512)
    times = [
        PictureTime(preset=job.spec.options.preset, size=size, seconds=104 * (size / 512) ** 2)
        for size in (128, 256, 512, 1024)
    ]
    estimates = Estimates(times={"cpu": times})
    before = estimates.seconds(job)
    estimates.learn(job, "cpu", 50.0)

    shape = (
        job.spec.photo.width
        * job.spec.photo.height
        / max(job.spec.photo.width, job.spec.photo.height) ** 2
    )
    assert before == pytest.approx(104 * shape / 0.75, rel=0.15)
    assert estimates.seconds(job) == pytest.approx(50, rel=0.01)


def test_a_preset_that_nobody_has_asked_for_is_judged_by_the_others(make_job: MakeJob) -> None:
    job = make_job(1, 1, 100)
    estimates = Estimates()
    estimates.learn(with_options(job, preset=Preset.DRAFT), "cpu", 10.0)
    fine = estimates.seconds(with_options(job, preset=Preset.FINE))
    assert fine is not None
    assert fine > 40


@given(
    seen=st.lists(st.tuples(st.integers(64, 1024), st.floats(0.01, 5000)), min_size=1, max_size=30),
    size=st.integers(64, 4096),
)
@LENIENT
def test_no_time_is_negative(make_job: MakeJob, seen: list[tuple[int, float]], size: int) -> None:
    job = make_job(1, 1, 100)
    estimates = Estimates()
    for side, seconds in seen:
        estimates.learn(with_options(job, size=side), "cpu", seconds)
    expected = estimates.seconds(with_options(job, size=size))
    assert expected is not None
    assert expected > 0


def test_megapixels_are_those_of_the_result(make_job: MakeJob) -> None:
    assert megapixels(make_job(1, 1, 100)) == pytest.approx(512 * 384 / 1e6)


def test_estimates_are_those_of_the_devices_that_there_are(make_job: MakeJob) -> None:
    job, estimates = make_job(1, 1, 100), Estimates()
    for device, seconds in (("cpu", 100.0), ("H100", 2.0)):
        estimates.learn(job, device, seconds)
    assert estimates.seconds(job) == pytest.approx(51, rel=0.1)
    estimates.present = Counter({"H100": 2})
    assert estimates.seconds(job) == pytest.approx(2, rel=0.1)
    estimates.present = Counter({"H100": 3, "cpu": 1})
    assert estimates.seconds(job) == pytest.approx(26.5, rel=0.1)
    estimates.present = Counter({"of another kind": 1})
    assert estimates.seconds(job) == pytest.approx(51, rel=0.1)


def painted(estimates: Estimates, job: Job, device: str, *seconds: float) -> float:
    """Let pictures take so long; return what the next one is expected to take."""
    for each in seconds:
        estimates.learn(job, device, each)
    expected = estimates.seconds(job)
    assert expected is not None
    return expected


def test_a_load_that_comes_and_goes(make_job: MakeJob) -> None:
    """Other programs take most of the machine: known after a few pictures, of all presets."""
    job = make_job(1, 1, 100)
    draft = with_options(job, preset=Preset.DRAFT)
    estimates = Estimates(times={"cpu": times()})
    assert painted(estimates, job, "cpu", *[20.0] * 5) == pytest.approx(20, rel=0.1)

    assert painted(estimates, job, "cpu", *[60.0] * 3) == pytest.approx(60, rel=0.25)
    assert estimates.seconds(draft) == pytest.approx(20, rel=0.35)

    assert painted(estimates, job, "cpu", *[20.0] * 3) == pytest.approx(20, rel=0.25)
    assert estimates.seconds(draft) == pytest.approx(20 / 3, rel=0.35)


def test_one_slow_picture_is_not_the_rule(make_job: MakeJob) -> None:
    estimates = Estimates(times={"cpu": times()})
    job = make_job(1, 1, 100)
    assert painted(estimates, job, "cpu", 20, 20, 20, 60) < 40


def test_the_first_picture_of_a_busy_machine_tells_of_all_presets(make_job: MakeJob) -> None:
    job, estimates = make_job(1, 1, 100), Estimates(times={"cpu": times()})
    assert painted(estimates, job, "cpu", 60) == pytest.approx(60, rel=0.05)
    assert estimates.seconds(with_options(job, preset=Preset.DRAFT)) == pytest.approx(20, rel=0.05)


def test_each_kind_of_device_has_a_load_of_its_own(make_job: MakeJob) -> None:
    job, estimates = make_job(1, 1, 100), Estimates()
    for device, seconds in (("cpu", 100.0), ("H100", 2.0)):
        estimates.learn(job, device, seconds)
    for _ in range(4):
        estimates.learn(job, "cpu", 300.0)

    estimates.present = Counter({"H100": 1})
    assert estimates.seconds(job) == pytest.approx(2, rel=0.1)
    assert estimates.slowest(Preset.STANDARD, 512) == pytest.approx(2, rel=0.1)
    estimates.present = Counter({"H100": 7, "cpu": 1})
    assert estimates.slowest(Preset.STANDARD, 512) == pytest.approx(300, rel=0.25)
    estimates.present = Counter({"of another kind": 1})
    assert estimates.slowest(Preset.STANDARD, 512) is None


def test_of_many_slots_each_counts_less() -> None:
    few, many = Loads({"cpu": 1.0}), Loads({"cpu": 1.0})
    few.note("cpu", 4.0, slots=1)
    many.note("cpu", 4.0, slots=8)
    assert 1 < many.of("cpu") < few.of("cpu") < 4


def test_a_load_is_supposed_until_a_picture_tells() -> None:
    loads = Loads({"cuda:0": 1.5})
    for device in ("cpu", "cuda:0"):
        loads.suppose(device, 3.0)
    assert (loads.of("cpu"), loads.of("cuda:0")) == (3, 1.5)
    loads.note("cpu", 1.1)
    assert loads.of("cpu") == pytest.approx(1.1)
    assert Loads({"cpu": 1e300}).of("cpu") < 100, "nonsense that was stored"


async def test_those_that_wait_follow_the_picture_that_is_painted(
    store: JobStore, new_job: NewJobs
) -> None:
    engine = Script(device="cuda:0")
    queue = JobQueue(store, engine)
    queue.forecast.times = {"cuda:0": times(40)}
    async with queue:
        first = await queue.submit(new_job())
        await engine.until_started(1)
        engine.progress(first.id, 0.5, left=79)  # after one second
        second = await queue.submit(new_job(person=2))
        told = await anext(queue.watch(second.id))

    assert told.starts_in is not None
    assert told.seconds_left is not None
    assert told.starts_in == pytest.approx(79, abs=1)
    assert 50 < told.seconds_left - told.starts_in <= 80


async def test_who_follows_hears_of_each_picture(store: JobStore, new_job: NewJobs) -> None:
    heard: list[float | None] = []

    def follow(seconds_of: SecondsOf) -> None:
        heard.append(seconds_of(Preset.STANDARD, 512))

    for before, took in ((20, 60), (60, 60)):
        engine = Script(device="cuda:0")
        queue = JobQueue(store, engine)
        queue.forecast.times, queue.forecast.follow = {"cuda:0": times()}, follow
        async with queue:
            assert heard[-1] == pytest.approx(before, rel=0.05), "it outlives the bot"
            job = await queue.submit(new_job(size=512))
            await engine.until_started(1)
            engine.finish(job.id, seconds=took)
            async with asyncio.timeout(20):
                assert [update async for update in queue.watch(job.id)]
        assert heard[-1] == pytest.approx(took, rel=0.05)


async def test_a_picture_is_stored_whatever_becomes_of_who_follows(
    store: JobStore, new_job: NewJobs
) -> None:
    def fail(seconds_of: SecondsOf) -> None:
        raise RuntimeError("in the sums")

    engine = Script(device="cuda:0")
    async with JobQueue(store, engine) as queue:
        job = await queue.submit(new_job())
        await engine.until_started(1)
        queue.forecast.follow = fail
        engine.finish(job.id, seconds=1)
        async with asyncio.timeout(20):
            *_, last = [update async for update in queue.watch(job.id)]
    assert last.job.state is JobState.DONE
    assert (await store.get(job.id)).state is JobState.DONE
