"""What the bot says in other languages: taken from the code, merged into its catalogues."""
