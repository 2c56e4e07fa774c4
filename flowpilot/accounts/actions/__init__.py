"""Verbs of accounts."""

from flowpilot.accounts.actions.founding import CannotCreate as CannotCreate
from flowpilot.accounts.actions.founding import create_account as create_account
