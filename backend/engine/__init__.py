"""Engines run jobs on devices. Knows nothing of Discord, and only `worker` loads torch."""
