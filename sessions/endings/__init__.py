"""How a session is put down, handed on and ended: dialogs, drafts, and the inbox of waiting escalations."""
