"""The languages of the bot: English in the code, the others in gettext catalogues beside it.

```
 Text("No more than {limit} px", limit=64) ──▶ words_for(locale)(text) ──▶ "Höchstens 64 px"
                                                     │
                          backend/i18n/<language>/LC_MESSAGES/bot.po, read once
```
Nothing here imports discord.
"""

from backend.i18n.words import LANGUAGES, Words, load_catalogues, words_for
from nst.text import Text

__all__ = ["LANGUAGES", "Text", "Words", "load_catalogues", "words_for"]
