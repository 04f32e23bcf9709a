"""The REST API under `/api/v10`: one module per group of routes."""
