"""Cards and buttons: pure functions from a job to a message layout."""
