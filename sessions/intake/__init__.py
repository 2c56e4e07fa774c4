"""The console's home: an intake that takes everything, up to the session that comes of it."""
