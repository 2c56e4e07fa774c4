"""The aliases that PowerShell comes with, as far as they name something that this package judges.

Source: `Get-Alias` of Windows PowerShell 5.1 and about_Aliases.
"""

ALIASES = {
    "$env:comspec": "cmd",
    "%": "foreach-object", "?": "where-object", "ac": "add-content", "cat": "get-content",
    "cd": "set-location", "clc": "clear-content", "clear": "clear-host", "clhy": "clear-history",
    "cli": "clear-item", "clp": "clear-itemproperty", "cls": "clear-host", "clv": "clear-variable",
    "compare": "compare-object", "copy": "copy-item", "cp": "copy-item", "cpi": "copy-item",
    "curl": "invoke-webrequest", "del": "remove-item", "diff": "compare-object", "dir": "get-childitem",
    "echo": "write-output", "epcsv": "export-csv", "erase": "remove-item", "fl": "format-list",
    "foreach": "foreach-object", "ft": "format-table", "fw": "format-wide", "gal": "get-alias",
    "gc": "get-content", "gci": "get-childitem", "gcim": "get-ciminstance", "gcm": "get-command",
    "gi": "get-item", "gin": "get-computerinfo", "gl": "get-location", "gm": "get-member",
    "gp": "get-itemproperty", "gps": "get-process", "group": "group-object", "gsv": "get-service",
    "gu": "get-unique", "gv": "get-variable", "gwmi": "get-wmiobject", "h": "get-history",
    "icim": "invoke-cimmethod", "icm": "invoke-command", "iex": "invoke-expression", "ii": "invoke-item",
    "ipcsv": "import-csv", "ipmo": "import-module", "irm": "invoke-restmethod",
    "iwmi": "invoke-wmimethod", "iwr": "invoke-webrequest", "kill": "stop-process", "ls": "get-childitem",
    "man": "help", "md": "mkdir", "measure": "measure-object", "mi": "move-item", "mount": "new-psdrive",
    "move": "move-item", "mp": "move-itemproperty", "mv": "move-item", "nal": "new-alias",
    "ndr": "new-psdrive", "ni": "new-item", "nv": "new-variable", "nmo": "new-module",
    "oh": "out-host", "ogv": "out-gridview", "popd": "pop-location", "ps": "get-process",
    "pushd": "push-location", "pwd": "get-location", "r": "invoke-history", "rcim": "remove-ciminstance",
    "rd": "remove-item", "rdr": "remove-psdrive", "ren": "rename-item", "ri": "remove-item",
    "rm": "remove-item", "rmdir": "remove-item", "rmo": "remove-module", "rni": "rename-item",
    "rnp": "rename-itemproperty", "rp": "remove-itemproperty", "rv": "remove-variable",
    "rwmi": "remove-wmiobject", "sajb": "start-job", "sal": "set-alias", "saps": "start-process",
    "sasv": "start-service", "sbp": "set-psbreakpoint", "scim": "set-ciminstance", "select": "select-object",
    "set": "set-variable", "shcm": "show-command", "si": "set-item", "sl": "set-location",
    "sleep": "start-sleep", "sls": "select-string", "sort": "sort-object", "sp": "set-itemproperty",
    "spps": "stop-process", "spsv": "stop-service", "start": "start-process", "sv": "set-variable",
    "swmi": "set-wmiinstance", "tee": "tee-object", "type": "get-content", "wget": "invoke-webrequest",
    "where": "where-object", "write": "write-output",
}  # fmt: skip
