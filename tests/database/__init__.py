"""The database as tests see it: they arrange and look as the owner, the product under test runs as in production."""
