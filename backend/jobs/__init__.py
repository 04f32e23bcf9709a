"""Jobs: rows in a store first, work second. Knows nothing of Discord."""
