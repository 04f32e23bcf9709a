"""Counters and timings of the whole bot, in one place, for whoever watches it.

Names and units follow https://prometheus.io/docs/practices/naming/; `backend.probes` lets
Prometheus read them. Nothing here names a person, a server or a file.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY: Final = CollectorRegistry()
_SECONDS: Final = (1, 2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600)
_counter: Final = partial(Counter, registry=REGISTRY)
_gauge: Final = partial(Gauge, registry=REGISTRY)
_histogram: Final = partial(Histogram, registry=REGISTRY)

JOBS_TAKEN: Final = _counter("stylize_jobs_taken", "Jobs put into the queue.")
JOBS_REFUSED: Final = _counter(
    "stylize_jobs_refused", "Jobs not taken because of a limit.", ["limit"]
)
JOBS_ENDED: Final = _counter("stylize_jobs_ended", "Jobs by their final state.", ["state"])
JOBS_RESUMED: Final = _counter("stylize_jobs_resumed", "Runs that went on from a checkpoint.")
JOBS_ACTIVE: Final = _gauge(
    "stylize_jobs_active", "Jobs coming in, queued or being painted now.", ["state"]
)
INTAKE: Final = _gauge(
    "stylize_intake_pictures", "Pictures that are being downloaded and checked, or wait for that."
)
SLOTS: Final = _gauge("stylize_slots", "Pictures that can be painted at the same time.")
HOSTS: Final = _gauge("stylize_hosts", "Machines that paint.")
HEALTHY: Final = _gauge(
    "stylize_healthy", "1 while a part of the bot can do its work, 0 while not.", ["part"]
)
WAITING_SECONDS: Final = _histogram(
    "stylize_waiting_seconds", "From the queue to a device.", buckets=_SECONDS
)
PAINTING_SECONDS: Final = _histogram(
    "stylize_painting_seconds", "A device's work on a picture.", ["preset"], buckets=_SECONDS
)
PAINTED_MEGAPIXELS: Final = _counter(
    "stylize_painted_megapixels", "Size of finished pictures.", ["device", "preset"]
)
PAINTED_SECONDS: Final = _counter(
    "stylize_painted_seconds",
    "Work on finished pictures; megapixels by seconds are the speed.",
    ["device", "preset"],
)
ESTIMATE_ERROR: Final = _histogram(
    "stylize_estimate_error_ratio",
    "How far the first estimate of a job was from the truth, as a share of it.",
    buckets=(0.05, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 1, 2),
)
LEADS: Final = _gauge("stylize_leads", "1 for a bot at work, 0 for one that waits as a standby.")
WORKERS_DIED: Final = _counter(
    "stylize_workers_died", "Worker processes that ended, ended by the bot included."
)
DELIVERIES: Final = _counter(
    "stylize_deliveries", "Outcomes brought to their requesters.", ["outcome"]
)
UNDELIVERED: Final = _gauge(
    "stylize_undelivered_jobs",
    "Outcomes on their way to their requesters now, outages of Discord included.",
)
RETRIES: Final = _counter(
    "stylize_retries",
    "What was tried again because Discord did not take it, by what went wrong.",
    ["kind"],
)
EDITS: Final = _counter("stylize_card_edits", "Edits of cards.", ["outcome"])
UPLOADED: Final = _counter("stylize_card_uploaded_bytes", "Pictures sent with edits of cards.")
SESSIONS_LEFT: Final = _gauge(
    "stylize_session_starts_left", "How often the bot may still connect anew to Discord today."
)
LOOP_LATE_SECONDS: Final = _histogram(
    "stylize_loop_late_seconds",
    "How late the event loop was when it was asked to wake up.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)


async def watch_loop(seconds: float = 0.25) -> None:
    """Note how late the event loop is, every so many seconds, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + seconds
        await asyncio.sleep(seconds)
        LOOP_LATE_SECONDS.observe(max(0.0, loop.time() - due))
