"""A ticket system in our own tables: to try FlowPilot on without a vendor, and to test against."""
