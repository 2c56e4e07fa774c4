"""Who plays in a session: engineer, client, the user who calls and the machines concerned."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from flowpilot.demo.chance import weighted
from flowpilot.demo.material import Account, Customer, Voices

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Cast:
    engineer: str
    colleague: str
    """Somebody else of the team, to whom a session can be handed."""
    client: str
    contact: str
    pc: str
    server: str

    def fill(self, text: str) -> str:
        """Put the names of this session into a text of the catalogue."""
        names = {
            "name": self.contact,
            "first": self.contact.split()[0],
            "client": self.client,
            "pc": self.pc,
            "server": self.server,
        }
        return _PLACEHOLDER.sub(lambda match: names[match[1]], text)


def cast(rng: Random, account: Account, team: str, voices: Voices) -> Cast:
    customer: Customer = weighted(rng, [(client, client.weight) for client in account.clients])
    engineer, colleague = rng.sample(_crew(account, team), 2)
    return Cast(
        engineer=engineer,
        colleague=colleague,
        client=customer.name,
        contact=rng.choice(voices.contacts),
        pc=f"{customer.prefix}-PC{rng.randrange(1, 60):03}",
        server=f"{customer.prefix}-SRV{rng.randrange(1, 5):02}",
    )


def _crew(account: Account, team: str) -> Sequence[str]:
    """The team's people by e-mail address, engineers first of all: admins hold few sessions."""
    engineers = [person.email for person in account.people if person.roles.get(team) == "engineer"]
    admins = [person.email for person in account.people if person.roles.get(team) == "team_admin"]
    return engineers if len(engineers) > 1 else [*engineers, *admins]
