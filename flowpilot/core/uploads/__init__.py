"""Files from outside: made harmless (`intake`), kept out of the web's reach (`store`)."""
