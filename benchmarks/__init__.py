"""Figures, and the commands that make them; see README.md."""
