"""What the planted truths are about: questions with their answers, fixes, and acts that never help.

The fixes of a domain are alike in effort and risk, so that only success decides which comes first.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Test:
    title: str
    answers: tuple[str, ...]
    kind: str = "question"


@dataclass(frozen=True)
class Domain:
    name: str
    titles: tuple[str, ...]
    text: str
    tests: tuple[Test, ...]
    fixes: tuple[str, ...]
    acts_in_vain: tuple[str, ...]


YES_NO = ("Yes", "No")

DOMAINS = (
    Domain(
        "printing",
        (
            "Shared printer prints nothing",
            "Print jobs stay in the queue",
            "Printer prints nothing, error 0x0000011b",
        ),
        "Jobs to the shared printer stop with error 0x0000011b.",
        (
            Test("Is the printer shared from a server?", YES_NO),
            Test("Does a test page from the server come out?", YES_NO),
            Test("Which driver type is installed?", ("Type 3", "Type 4", "None")),
            Test("Is the print spooler running?", YES_NO, "check"),
            Test("Are other users affected?", ("Everybody", "One floor", "Nobody else")),
            Test("Was a Windows update installed this week?", YES_NO),
            Test("What does the printer panel show?", ("Ready", "Paper jam", "Offline", "Toner empty")),
            Test("Can the workstation ping the printer address?", YES_NO, "check"),
        ),
        (
            "Install the Type 4 driver from the vendor",
            "Restart the print spooler service",
            "Move the printer to the new subnet",
            "Set the RPC authentication level on the print server",
            "Refill the toner cartridge",
            "Grant print permission to the group",
            "Correct the port address of the queue",
        ),
        ("Restart the workstation", "Add the printer again"),
    ),
    Domain(
        "networking",
        ("VPN does not connect from home", "VPN client: error 809", "Cannot connect VPN, error 809"),
        'The VPN client says "The network connection could not be established" (error 809).',
        (
            Test("Is the user on a home network?", YES_NO),
            Test("Are UDP ports 500 and 4500 reachable?", ("Open", "Blocked"), "check"),
            Test("Has the machine certificate expired?", YES_NO, "check"),
            Test("Which VPN profile is selected?", ("Always On", "Manual", "Old gateway")),
            Test("Does DNS resolve the gateway name?", YES_NO, "script"),
            Test("Is multi-factor approval requested?", YES_NO),
            Test("Which Windows edition is it?", ("Windows 10", "Windows 11")),
        ),
        (
            "Renew the machine certificate",
            "Allow IPsec passthrough on the home router",
            "Import the current VPN profile",
            "Register the phone for approval again",
            "Set the DNS suffix of the adapter",
            "Start the IKEEXT service",
            "Assign the remote access policy to the account",
        ),
        ("Restart the laptop", "Sign out of the VPN client and in again"),
    ),
    Domain(
        "m365",
        ("Outlook keeps asking for the password", "Outlook password prompt again and again"),
        "Outlook asks for credentials every few minutes although the password is right.",
        (
            Test("Does Outlook on the web accept the password?", YES_NO),
            Test("Was the password changed recently?", YES_NO),
            Test("Is modern authentication enabled for the tenant?", YES_NO, "script"),
            Test("Which Outlook version is installed?", ("2013", "2016", "Microsoft 365")),
            Test("Is the mailbox on premises or online?", ("On premises", "Online")),
            Test("Are shared mailboxes mapped automatically?", YES_NO),
            Test("Does the prompt appear in safe mode too?", YES_NO),
        ),
        (
            "Delete the stored credentials in Credential Manager",
            "Create a new Outlook profile",
            "Enable modern authentication for the tenant",
            "Switch automapping of the shared mailbox off",
            "Publish the autodiscover record",
            "Disable the add-in that prompts",
            "Exclude the user from the conditional access rule",
        ),
        ("Restart Outlook", "Enter the password again"),
    ),
    Domain(
        "active_directory",
        ("Account keeps locking out", "User account locked again and again in Active Directory"),
        "The referenced account is currently locked out and may not be logged on to (0x775).",
        (
            Test("Which computer causes the lockout?", ("Own computer", "Server", "Unknown")),
            Test("Has the user changed the password in the last days?", YES_NO),
            Test("Does the user have a phone with company mail?", YES_NO),
            Test("Do scheduled tasks run as the user?", YES_NO, "script"),
            Test("Is there a disconnected remote desktop session?", YES_NO, "check"),
            Test("Does the lockout happen at night?", YES_NO),
        ),
        (
            "Update the password on the phone",
            "Log off the disconnected session",
            "Change the account of the scheduled task",
            "Clear saved passwords on the computer",
            "Correct the mapped drive with old credentials",
            "Reset the badly stored service password",
            "Remove the Wi-Fi profile with the former password",
        ),
        ("Unlock the account", "Restart the computer of the user"),
    ),
)

IRRELEVANT = (
    Test("Is the asset tag recorded?", YES_NO),
    Test("Does the caller agree to remote control?", YES_NO),
    Test("Which office does the user work in?", ("North", "South", "Harbour")),
    Test("Is the antivirus signature current?", YES_NO, "check"),
    Test("Is the user back from holiday?", YES_NO),
    Test("Free disk space on the system drive?", ("Enough", "Little"), "check"),
)
