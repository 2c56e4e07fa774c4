"""Several sessions of one problem → one flow: steps merged by meaning, causes split by questions."""
