"""The cards of the dashboard, by subject."""
