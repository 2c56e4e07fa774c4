"""The embedded PostgreSQL: a server of our own from the wheel's binaries, started on first need."""

from flowpilot.core.postgres.cluster import Cluster, ConnectionInfo, cluster_for
from flowpilot.core.postgres.database import database_settings
from flowpilot.core.postgres.errors import ClusterError
from flowpilot.core.postgres.throwaway import throwaway_home

__all__ = ["Cluster", "ClusterError", "ConnectionInfo", "cluster_for", "database_settings", "throwaway_home"]
