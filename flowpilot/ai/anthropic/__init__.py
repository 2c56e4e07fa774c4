"""The engine that asks Claude. Nothing outside of this package knows the vendor."""
