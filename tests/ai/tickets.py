"""Invented tickets, written for the tests of the miner."""

from uuid import UUID

from flowpilot.ai.contracts import SessionFacts, StepFacts

SESSION = UUID("01900000-0000-7000-8000-000000000001")

SCANNER = """Cause
This issue occurs if the scan folder is larger than 2 GB.
Resolution
WARNING:
> Files that nobody has fetched are lost when the folder is emptied. Ask the user first.

To resolve this issue, use one of the following methods.

### Method 1: Empty the scan folder

1. Open File Explorer.
2. Go to `C:\\Scans\\Inbox`.
3. Delete files that are older than 30 days.

   NOTE:
   > Keep the file index.dat.

### Method 2: Raise the quota

1. Open a PowerShell window as an administrator.
2. Run the following command:

   ```powershell
   Set-FsrmQuota -Path C:\\Scans -Size 5GB
   ```
3. Restart the scanner.
More information
The limit is set by the file server. For more information, see Managing quotas.

Still need help? Go to the Scanner Community.
"""

SCANNER_TEXT = """When you scan to the network folder, you receive the following error message:

> Error 0x80AA00FF: Destination full
"""

VERSIONS = """Resolution
### For version 7

1. Open the tray icon.
2. Select Reset.
3. Sign in again.

### For version 8 or later

1. Open Settings.
2. Select Accounts, and then remove the account.
3. Add the account again.
"""

LONG = "Resolution\nTo rebuild the search index, follow these steps:\n\n" + "\n".join(
    f"{number}. Check shelf {number} and note its label." for number in range(1, 14)
)


def ticket(title: str, text: str, resolution: str) -> SessionFacts:
    return SessionFacts(id=SESSION, title=title, text=text, resolution=resolution)


def scanner() -> SessionFacts:
    return ticket('"Destination full" error when you scan to a network folder', SCANNER_TEXT, SCANNER)


def step(order: int, kind: str, title: str, **more: object) -> StepFacts:
    step_id = UUID(int=SESSION.int + order)
    return StepFacts.model_validate(
        {"id": step_id, "order": order, "kind": kind, "source": "engineer", "title": title, **more}
    )
