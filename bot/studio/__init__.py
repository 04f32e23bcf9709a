"""Orders: from whatever somebody pressed or typed to a queued job, and play with its result.

```
 /stylize, /compose, context menus ──▶ Order ──▶ Reception.take ──▶ JobQueue.submit ──▶ Courier
 buttons ──▶ Studio.act ──┬──▶ Order (a variation)  ─┘
                          └──▶ darkroom, recipe, description, deletion
```
"""

from bot.studio.order import Order, Supplies
from bot.studio.reception import Menu, Reception
from bot.studio.studio import Studio

__all__ = ["Menu", "Order", "Reception", "Studio", "Supplies"]
