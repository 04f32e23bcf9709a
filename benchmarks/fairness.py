"""How evenly something is shared."""

from __future__ import annotations

from collections.abc import Sequence


def jain(shares: Sequence[float]) -> float:
    """Return Jain's fairness index: 1 where all have the same, 1/n where one has everything.

    R. Jain, D. Chiu, W. Hawe: A Quantitative Measure of Fairness and Discrimination (1984).
    """
    return sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares))
