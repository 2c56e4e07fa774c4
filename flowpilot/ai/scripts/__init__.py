"""Scripts: what they may do (`checking`), and those that the product brings along (`library`)."""
