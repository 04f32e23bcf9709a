"""The style shelf: pictures that a server keeps to paint with, and the starter styles.

```
 intake ──StoredImage──▶ Shelf.add ──▶ row in `styles`, which uses the picture's files
 /stylize style_name: ──▶ Shelf.search, Shelf.get ──▶ the job uses them, too
```
Files of a removed style stay until no kept job uses them, so that pictures already asked for end
well. Files of a style that was taken down go at once. Imports no discord.
"""

from backend.shelf.blocklist import Blocklist
from backend.shelf.model import ShelfPage, ShelfStyle
from backend.shelf.shelf import Shelf

__all__ = ["Blocklist", "Shelf", "ShelfPage", "ShelfStyle"]
