"""Tests mirror the two packages; e2e/ runs the real bot over the local chat."""
