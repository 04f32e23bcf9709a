"""What to show of a run afterwards: loss curves, a film of the painting, sheets of pictures.

Everything here is made from a `nst.recording.Recording` or from finished pictures; nothing
imports torch. Plots need matplotlib and MP4 films need PyAV (the extra `report`).
"""

from __future__ import annotations

from nst.report.curves import check_plots, loss_curves, loss_table
from nst.report.files import Report, make_report
from nst.report.sheets import contact_sheet, equation
from nst.report.timelapse import Film, check_films, timelapse

__all__ = [
    "Film",
    "Report",
    "check_films",
    "check_plots",
    "contact_sheet",
    "equation",
    "loss_curves",
    "loss_table",
    "make_report",
    "timelapse",
]
