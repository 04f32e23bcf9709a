"""What the host decides beside a running bot, by way of the database."""
