"""The edge: what every answer tells the browser, and what is refused before a view sees it."""
