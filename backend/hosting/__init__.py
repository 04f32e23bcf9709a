"""What hosts do with all that the bot keeps: back it up, restore it, move it."""
