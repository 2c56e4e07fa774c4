"""What the server means by an error."""

from psycopg.errors import DiskFull


def is_disk_full(error: BaseException) -> bool:
    """Whether the server found no room to write: nobody's data are to blame, and nobody's can be written."""
    return isinstance(error.__cause__, DiskFull)
