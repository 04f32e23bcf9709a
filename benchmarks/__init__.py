"""Figures, and the commands that make them; see README.md."""

import os

# As the command `nst` does, before anything loads torch.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
