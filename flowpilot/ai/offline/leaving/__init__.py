"""Sessions that followed a flow: how they walked it, where they left it, and what that teaches it."""
