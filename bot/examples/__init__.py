"""Photos and starter styles that come with the bot; README.md names their sources."""
