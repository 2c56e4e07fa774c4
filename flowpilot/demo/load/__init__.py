"""Any number of made-up sessions, flows and proposals, for measuring: see `manage.py make_load`."""
