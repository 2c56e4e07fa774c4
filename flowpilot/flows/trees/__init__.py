"""Behind `flows.document` and `flows.changes`: how trees are read, checked, compared, changed and merged.

Pure: nothing here knows Django. Import from these two doors.
"""
