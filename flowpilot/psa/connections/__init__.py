"""Where account admins see to the connections to their ticket systems, and what was not written there."""
