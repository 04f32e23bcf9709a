"""A throw-away process for work on pictures that strangers sent or that were painted: no torch.

    python -I -m nst.tools VERB REQUEST

Before it looks at anything the process bounds its own memory, processor time, files and
descriptors, and has the kernel refuse it everything else (`nst.isolation`), so that a hostile file
costs its caller one dead process at the most. It opens no file by name: REQUEST is one JSON object
that names open descriptors,

    {"reads": {"photo": [3], "styles": [4, 5]}, "writes": {"out": 6}, "options": {…},
     "limits": {…}, "isolation": "best"}

where `limits` has fields of `Resources`. The verbs, what they read, their options and what they
answer:

    check    source; fields of nst.limits.Limits, working_side, most → suffix, width, height,
             sha256, fingerprint, frame, frames, blank; writes `clean`, a JPEG or WebP without
             metadata, and `thumbnail`, a JPEG
    frames   source; fields of nst.limits.Limits, max_frames → frames, seconds, video, notes;
             writes `film`, clean frames (`nst.film.FrameArchive`), and `sheet`, a JPEG
    finish   raw, photo, mask (or none), like; colours, max_bytes → suffix, width, height
             writes `out`, the painting `raw` in other colours; its recipe is that of `like`
    refilm   source, painted (frames), mask, styles (or none); colours, suffixes, max_bytes, side
             → suffix, width, height; writes `out`, the painted frames as a film
    sticker  result; side, max_bytes → suffix, width, height; writes `out`, a square PNG
    compare  photo, styles, result; max_bytes → suffix, width, height; writes `out`
    thumbnails  pictures; writes `0`, `1` …, small JPEGs
    film     recording; kind, max_bytes → suffix; writes `out`
    curve    recording; title, labels → suffix; writes `out`
    recipe   result → recipe
    white    mask → share of white, 0 to 1

Exactly one line of JSON goes to standard output: `{"ok": true, …}`, or, in words for whoever asked,
`{"ok": false, "error": {"template": "…", "values": {…}}}`. Traces go to standard error. The exit
status is 0 in both cases, 2 for a request that is none.
"""

from __future__ import annotations
