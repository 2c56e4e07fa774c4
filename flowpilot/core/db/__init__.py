"""FlowPilot's database backend: Django's for PostgreSQL on the embedded cluster or on an external server."""
