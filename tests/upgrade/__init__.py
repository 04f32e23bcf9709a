"""What release 0.1.0 left on disk, and the pictures that it painted; see README.md here."""
