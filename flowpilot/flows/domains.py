"""The domains of problems and flows: one table for lists, filters, legends and the engines."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Domain:
    key: str
    label: str | Promise
    description: str | Promise


DOMAINS: Final = (
    Domain(
        "active_directory",
        _("Active Directory"),
        _("On-premises directory: accounts, group policy, domain controllers, replication, domain join"),
    ),
    Domain(
        "identity_mfa",
        _("Identity & MFA"),
        _("Cloud sign-in: Entra ID, multi-factor, conditional access, single sign-on, directory sync"),
    ),
    Domain(
        "networking",
        _("Networking"),
        _("LAN, WLAN, internet lines, DNS, DHCP, switches, routers, firewalls"),
    ),
    Domain(
        "vpn_remote_access",
        _("VPN & remote access"),
        _("Getting in from outside: VPN, tunnels, Remote Desktop, terminal servers, virtual desktops"),
    ),
    Domain(
        "email",
        _("E-mail"),
        _("Exchange, Outlook, mail flow, calendars, shared mailboxes, spam filtering"),
    ),
    Domain(
        "m365",
        _("Microsoft 365"),
        _("Office programs, Teams, licences and the administration of the tenant"),
    ),
    Domain(
        "sharepoint_onedrive",
        _("SharePoint & OneDrive"),
        _("Sites, libraries, sharing and synchronisation of files in the cloud"),
    ),
    Domain(
        "printing",
        _("Printing & scanning"),
        _("Printers, copiers, scanners, print servers, drivers and supplies"),
    ),
    Domain(
        "hardware",
        _("Hardware"),
        _("Computers, docks, monitors and peripherals: faults, replacement, orders"),
    ),
    Domain(
        "endpoint_windows",
        _("Windows & endpoints"),
        _("Windows and macOS on the device: updates, profiles, performance, encryption, device management"),
    ),
    Domain(
        "security",
        _("Security"),
        _("Phishing, malware, endpoint protection, alerts, vulnerabilities, compromised accounts"),
    ),
    Domain(
        "backup",
        _("Backup & recovery"),
        _("Backup jobs, repositories, restores and tests of recovery"),
    ),
    Domain(
        "servers_virtualisation",
        _("Servers & virtualisation"),
        _("Servers, hypervisors, clusters, databases and web services in the rack or a cloud"),
    ),
    Domain(
        "storage_files",
        _("Storage & file shares"),
        _("File servers, network drives, permissions on folders, NAS, SAN, RAID"),
    ),
    Domain(
        "voip",
        _("Telephony"),
        _("Phones, extensions, trunks, call quality, voicemail, queues"),
    ),
    Domain(
        "line_of_business",
        _("Business applications"),
        _("Accounting, CAD, practice management, ERP, CRM, tills and other trade programs"),
    ),
)
"""In the order of lists and legends. Rows may hold other values: those are shown as they are."""

DOMAIN_CHOICES: Final = [(domain.key, domain.label) for domain in DOMAINS]

_LABELS: Final = dict(DOMAIN_CHOICES)


def label_of(key: str | None) -> str:
    """What people read for a domain; an unknown one in words, none as nothing."""
    if not key:
        return ""
    return str(_LABELS.get(key) or key.replace("_", " ").capitalize())
