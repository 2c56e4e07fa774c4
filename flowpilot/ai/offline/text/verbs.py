"""The verbs that technicians give orders with, and how much each may break."""

import re
from typing import Literal

Risk = Literal["read", "change", "destructive"]

_READ = """
check verify view examine review look find locate identify determine confirm compare read search
browse navigate open close go select click press type enter scroll expand point hover log sign
connect test monitor note record wait retry repeat rerun try see watch list show get ask call
collect capture measure validate inspect observe investigate consider make ensure start launch run
exit quit double right use follow access choose highlight download copy save export print switch
return continue drag drill retest reopen query ping trace report do perform keep leave avoid take
complete specify provide obtain contact submit send determine read-only scan diagnose recommend
match double-click right-click swipe sort filter tap plug unplug prepare resume refer resend wait
gather answer tell turn bring focus hold pick consult paste preview skip request tick untick
retrieve troubleshoot execute
untoggle deselect instruct swap arrange play direct display right-select inform notify invite
"""
_CHANGE = """
add adjust allow append apply archive assign associate attach bind block change clean clear clone
commit configure convert create customize cut decrease define deploy designate disable disconnect
edit eject enable encrypt enforce exclude extend extract fill fix force generate grant group hide
import include increase input insert install join limit link load lock lower map mark merge migrate
modify mount move move-out name override pair patch permit populate prevent prohibit publish
purchase provision reactivate readd re-add reassign reboot rebuild recalculate recover recreate
re-create rectify redeploy redirect reduce re-enable reenable re-enter refresh register reinstall
reissue reimport rejoin reschedule relink relocate rename renew reorder repair replace republish
request resave reseat
reset resize resolve restart restore restrict resubmit resync resynchronize retype revert rewrite
roll rotate sync synchronize schedule set share shorten shrink split store suppress temporarily
toggle transfer trust uncheck unblock unhide unlink unlock unmerge unregister unsubscribe update
upgrade upload write power defer finalize postpone flag forward accept approve decline establish
isolate segregate deny
separate rerun reconnect reconfigure remap rerun-setup rebind set-up stop end kill suspend pause mute
unmute raise extend deactivate activate authenticate authorize license mail-enable turn-off turn-on
exempt whitelist subscribe designate dismount remount substitute tune switch-off compact rearm
flush recycle shut terminate implement promote re-register reregister
retract simplify consolidate standardize cancel enroll undo
unassign mail-disable unjoin federate re-establish password-protect copy-paste calibrate
"""
_DESTRUCTIVE = """
delete remove uninstall format wipe erase purge drop truncate empty destroy discard deprovision
decommission overwrite reimage
"""

READ = frozenset(_READ.split())
CHANGE = frozenset(_CHANGE.split())
DESTRUCTIVE = frozenset(_DESTRUCTIVE.split())
VERBS = READ | CHANGE | DESTRUCTIVE

ADVERBS_WORDS = """
manually permanently temporarily first then next finally now also instead optionally alternatively
simply safely carefully please again just either immediately periodically locally remotely always
only correctly directly
"""
ADVERBS = frozenset(ADVERBS_WORDS.split())
_IRREGULAR = {
    "setting": "set", "running": "run", "getting": "get", "putting": "put", "logging": "log",
    "dragging": "drag", "planning": "plan", "stopping": "stop", "dropping": "drop", "mapping": "map",
    "tapping": "tap", "resetting": "reset", "letting": "let", "typing": "type", "cutting": "cut",
    "rerunning": "rerun", "submitting": "submit", "splitting": "split", "swapping": "swap",
    "formatting": "format", "quitting": "quit", "beginning": "begin", "unplugging": "unplug",
    "permitting": "permit",
}  # fmt: skip


def is_verb(word: str) -> bool:
    return word.lower().strip('*`_"“') in VERBS


def base_of_gerund(word: str) -> str | None:
    """ "adding" -> "add"; None when it is not the gerund of a known verb."""
    low = word.lower()
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if not low.endswith("ing") or len(low) < 5:
        return None
    stem = low[:-3]
    for candidate in (stem, stem + "e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem):
        if candidate in VERBS:
            return candidate
    return None


_DOUBLED = re.compile(r"(?:[^aeiou]*[aeiou][bdgklmnprt]|reset|format|submit|forget|begin|permit)$")


def gerund(verb: str) -> str:
    """ "use" -> "using", "set" -> "setting", "tie" -> "tying"."""
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return f"{verb[:-1]}ing"
    return f"{verb}{verb[-1]}ing" if _DOUBLED.match(verb) else f"{verb}ing"


def base_of_participle(word: str) -> str | None:
    """ "linked" -> "link", for verbs that change something; None for any other word."""
    low = word.lower()
    if low in ("set", "reset"):
        return low
    stem = low[:-2] if low.endswith("ed") else ""
    candidates = (stem, stem + "e", stem[:-1], stem[:-1] + "y") if stem else ()
    return next((c for c in candidates if c in CHANGE or c in DESTRUCTIVE), None)


_PAST = {
    "ran": "run", "found": "find", "sent": "send", "took": "take", "got": "get", "went": "go",
    "made": "make", "put": "put", "set": "set", "reset": "reset", "told": "tell", "gave": "give",
    "rebuilt": "rebuild", "cut": "cut", "let": "let", "swapped": "swap", "unplugged": "unplug",
    "plugged": "plug", "stopped": "stop", "dropped": "drop", "mapped": "map", "remapped": "remap",
    "logged": "log", "quit": "quit", "reran": "rerun", "bound": "bind", "wrote": "write",
    "rolled": "roll",
}  # fmt: skip


def base_of_past(word: str) -> str | None:
    """ "restarted" -> "restart"; None when it is not the past of a known verb."""
    low = word.lower()
    if low in _PAST:
        return _PAST[low]
    if low.startswith("re-") and low.endswith("ed"):
        return base_of_past(low.replace("-", "", 1)) or (low[:-2] if low[:-2] in VERBS else None)
    stem = low[:-2] if low.endswith("ed") else ""
    candidates = (stem, stem + "e", stem[:-1], stem[:-1] + "y") if stem else ()
    return next((candidate for candidate in candidates if candidate in VERBS), None)


def third_person(verb: str) -> str:
    low = verb.lower()
    if low in ("do", "go"):
        return verb + "es"
    if low == "have":
        return "has"
    if re.search(r"(?:s|x|z|ch|sh)$", low):
        return verb + "es"
    if re.search(r"[^aeiou]y$", low):
        return verb[:-1] + "ies"
    return verb + "s"


def risk_of(text: str) -> Risk:
    """The highest risk among the verbs that order something in this text."""
    words = [word.lower() for word in re.findall(r"[A-Za-z][A-Za-z-]*", text)]
    found: Risk = "read"
    for i, word in enumerate(words):
        ordered = i == 0 or words[i - 1] in ("then", "and", "to", "or") or words[i - 1] in ADVERBS
        if ordered and word in DESTRUCTIVE:
            return "destructive"
        if ordered and word in CHANGE:
            found = "change"
    return found
