"""The Discord front end: commands, actions, orders, cards; what they need lives in `backend`."""
