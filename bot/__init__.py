"""The Discord front end: commands, cards, jobs, and the pool that runs nst."""
