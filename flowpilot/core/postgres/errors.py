class ClusterError(Exception):
    """The embedded database cannot serve. The message is one sentence for a person, with the remedy."""
