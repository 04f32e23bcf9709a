"""Cards in the chat: kept up to date, outcomes delivered, refusals told."""
