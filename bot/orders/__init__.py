"""Orders: from whatever somebody pressed or typed to a queued job, and play with its result.

```
 /stylize, /compose, context menus ──▶ Order ──▶ Orders.take ──▶ JobQueue.submit ──▶ CardUpdater
 buttons ──▶ Studio.act ──┬──▶ Order (a variation)  ─┘
                          └──▶ tools, recipe, description, deletion
```
"""

from bot.orders.order import JobImages, Order
from bot.orders.submit import Menu, Orders

__all__ = ["JobImages", "Menu", "Order", "Orders"]
