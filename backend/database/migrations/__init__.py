"""The history of the store's schema; `JobStore` applies it when it is entered."""
