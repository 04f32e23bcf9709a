"""What works without a chat: jobs, the engines that paint them, files, the database."""
