"""The whole bot with a cluster that loses its head (`make test-cluster`)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backend.settings import EngineName
from benchmarks.cluster_head import without_head
from tests.cluster import ADDRESS, Cluster, cluster, is_alone
from tests.e2e.conftest import Expected
from tests.e2e.support import Stage

pytestmark = [pytest.mark.ray, pytest.mark.slow]


@pytest.fixture
def running() -> Iterator[Cluster]:
    """Run a cluster of two hosts."""
    pytest.importorskip("ray")
    if not is_alone():
        pytest.skip("a Ray cluster wants a network of its own: make test-cluster")
    with cluster() as started:
        started.join()
        started.join()
        yield started


async def test_jobs_wait_for_the_head_and_their_cards_say_so(
    running: Cluster, stage: Stage, expect_errors: Expected
) -> None:
    """The bot itself stays where it is; hosts join a new head after half a minute and more."""
    expect_errors("The cluster's head does not answer")
    changes = {"engine": EngineName.RAY, "ray_address": ADDRESS}
    stage.settings = stage.settings.model_copy(update=changes)
    async with stage.bot():
        seen = await without_head(stage.chat, running, seconds=0.0)
    assert (seen.told, seen.still_told, seen.painted, seen.reconnected) == (10, 10, 10, 0)
