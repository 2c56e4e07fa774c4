"""The vendor's double, for turns that Claude is asked for."""

from tests.ai.conftest import vendor as vendor
