"""Calls of ticket systems that say that a ticket has changed: where they arrive, whether they are genuine."""
