"""Who may log in to the demo. Plain data: settings read it, and nothing is secret about it."""

_SHARED = "flowpilot-demo"

DEMO_LOGINS: list[tuple[str, str, str]] = [
    ("engineer", "ella.fraser@brightwater.example", _SHARED),
    ("team admin", "tom.ashdown@brightwater.example", _SHARED),
    ("account admin", "priya.nair@brightwater.example", _SHARED),
    ("superuser", "root@flowpilot.example", _SHARED),
    ("outsider", "luis.ortega@kestrel.example", _SHARED),
]
"""(role, e-mail address, password). The outsider is a team admin of the other account."""
