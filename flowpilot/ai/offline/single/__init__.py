"""Mining one session: reading its text or its steps into a flow."""
