"""The server's configuration, written afresh at each start so that an upgrade of ours takes effect."""

import os
from pathlib import Path

from flowpilot.core.postgres.location import PORT, Place
from flowpilot.core.postgres.osuser import OsUser, by_id

OWNER_ROLE = "flowpilot_owner"
APP_ROLE = "flowpilot_app"
DATABASE = "flowpilot"
SUPERUSER = "postgres"

MEGABYTE = 1024 * 1024
# Throwaway clusters hold nothing that must survive a power cut.
UNSAFE_BUT_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",
    "autovacuum_naptime": "10min",
}


def write(place: Place, user: OsUser, *, throwaway: bool) -> Path:
    """Write the three files; returns the main one."""
    (place.root / "pg_hba.conf").write_text(_who_may_connect())
    (place.root / "pg_ident.conf").write_text(_who_is_who(user))
    main = place.root / "postgresql.conf"
    main.write_text(_settings(place, throwaway=throwaway))
    for path in (main, place.root / "pg_hba.conf", place.root / "pg_ident.conf"):
        path.chmod(0o644)  # the server's user reads them, whatever our umask
    return main


def _settings(place: Place, *, throwaway: bool) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEGABYTE
    settings = {
        "cluster_name": place.name,
        "data_directory": place.data,
        "hba_file": place.root / "pg_hba.conf",
        "ident_file": place.root / "pg_ident.conf",
        "listen_addresses": "",
        "port": PORT,
        "unix_socket_directories": place.sockets,
        "max_connections": 100,
        "shared_buffers": f"{min(256, max(32, memory // 8))}MB",
        "effective_cache_size": f"{max(128, memory // 2)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "64MB",
        "random_page_cost": 1.1,
        # Short queries of many users: a helper process per query costs more than it gives.
        "max_parallel_workers_per_gather": 0,
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "default_text_search_config": "pg_catalog.english",
        "logging_collector": "on",
        "log_directory": place.log,
        "log_filename": "postgresql-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": 0,
        # A failing statement may carry a customer's ticket: its text stays out of the log.
        "log_min_error_statement": "panic",
        **(UNSAFE_BUT_FAST if throwaway else {}),
    }
    lines = [f"{name} = {_quoted(value)}\n" for name, value in settings.items()]
    return "".join(["# Rewritten at each start; put your own settings into local.conf.\n", *lines, _INCLUDE])


_INCLUDE = "include_if_exists = 'local.conf'\n"


def _who_may_connect() -> str:
    """Only through the socket, and only as who the kernel says that one is."""
    return (
        "# Rewritten at each start; put your own lines into pg_hba.local.conf.\n"
        f"local all {SUPERUSER} peer map=superuser\n"
        f"local all {OWNER_ROLE},{APP_ROLE} peer map=flowpilot\n"
        "include_if_exists pg_hba.local.conf\n"
    )


def _who_is_who(user: OsUser) -> str:
    """The server's own user is superuser; it and root (who can become it anyway) take our two roles."""
    people = sorted({user.name, by_id(0).name})
    lines = [f'superuser "{user.name}" {SUPERUSER}\n']
    lines += [f'flowpilot "{person}" {role}\n' for person in people for role in (OWNER_ROLE, APP_ROLE)]
    return "".join(["# Rewritten at each start.\n", *lines])


def _quoted(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
