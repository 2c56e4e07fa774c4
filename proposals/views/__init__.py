"""The doors of the review."""
