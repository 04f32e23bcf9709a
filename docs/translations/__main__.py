"""`python -m docs.translations`: merge what the code says into the catalogues; name the gaps."""

from __future__ import annotations

import sys

from docs.translations.catalogues import TRANSLATED, problems, update
from docs.translations.extract import extract


def main() -> int:
    """Update every catalogue; the exit status is 1 while something is not translated."""
    template = extract()
    found = [
        f"{language}: {problem}"
        for language in TRANSLATED
        for problem in problems(update(language, template), template)
    ]
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
