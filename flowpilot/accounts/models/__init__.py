"""Who is who: the tenant, its people, their teams and the customers that they look after."""

from flowpilot.accounts.models.account import Account as Account
from flowpilot.accounts.models.audit import AuditEvent as AuditEvent
from flowpilot.accounts.models.invitations import Invitation as Invitation
from flowpilot.accounts.models.invitations import InvitedRole as InvitedRole
from flowpilot.accounts.models.notifications import Notification as Notification
from flowpilot.accounts.models.people import AccountUserManager as AccountUserManager
from flowpilot.accounts.models.people import TeamMembership as TeamMembership
from flowpilot.accounts.models.people import User as User
from flowpilot.accounts.models.places import Client as Client
from flowpilot.accounts.models.places import Team as Team
from flowpilot.accounts.models.saved import SavedView as SavedView
