"""The style shelf: pictures that a server keeps to paint with, and the starter styles.

```
 intake ──SpooledImage──▶ Shelf.add ──▶ row in `styles` + files in the data folder's shelf/
 /stylize style_name: ──▶ Shelf.search, Shelf.get ──▶ the job refers to the shelf's files
```
Files of a removed style stay until no kept job refers to them, so that pictures already asked for
end well. Files of a style that was taken down go at once. Imports no discord.
"""

from bot.shelf.model import ShelfPage, ShelfStyle
from bot.shelf.shelf import Shelf

__all__ = ["Shelf", "ShelfPage", "ShelfStyle"]
