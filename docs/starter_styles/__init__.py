"""The generators of the starter styles in bot/examples/styles; only numpy and Pillow."""
