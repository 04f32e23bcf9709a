"""The generators of the starter styles in backend/examples/styles; only numpy and Pillow."""
