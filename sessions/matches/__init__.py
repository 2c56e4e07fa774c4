"""Which flows may answer a session that has just been opened, and the start with one of them."""
