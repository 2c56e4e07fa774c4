"""The database for tests: they act as the owner, the product under test as in production."""
