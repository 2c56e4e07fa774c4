"""The script panel beside a session: have one made, read, copy and download it, say what came of it."""
