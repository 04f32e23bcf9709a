"""Orders: from whatever somebody pressed or typed to a queued job.

```
 /stylize, /compose, context menus ─▶ Resolver ─▶ JobSpec ─▶ Orders.take ─▶ JobQueue, CardUpdater
 buttons, forms of finished pictures ─▶ Variations ──┘
```
"""

from bot.orders.submit import Orders

__all__ = ["Orders"]
