"""Import of ticket history: a file of resolved tickets in, resolved sessions awaiting analysis out.

encoding → lines → records → rows → write; `run` strings them together, the command is the door.
"""
