"""What sessions told their tickets, when, or why not; and what a person can do about it."""
