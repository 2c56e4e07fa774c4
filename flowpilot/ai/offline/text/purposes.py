"""What an act is for: "to resolve this issue", "to remove the theme"."""

import re

_FLAGS = re.IGNORECASE
THIS = r"(?:this|these|the|that|such|it|your|either|both|any|an?)\b"
PURPOSE_VERBS = (
    r"(?:resolve|fix|work ?around|correct|avoid|prevent|address|solve|mitigate|remedy|recover from"
    r"|get around|troubleshoot|"
    r"overcome|eliminate|rectify|do|help (?:resolve|fix|prevent|avoid)|try to (?:resolve|fix))"
)
GENERIC_PURPOSE = re.compile(
    rf"^(?:in order )?to {PURPOSE_VERBS} (?:(?:{THIS})(?: (?:\w+[- ]){{0,3}}?(?:issues?|problems?"
    rf"|errors?|behaviors?|behaviours?|conflicts?|situations?"
    r"|limitations?|warnings?|messages?|symptoms?|conditions?|failures?|delays?|cases?|mistakes?))?|this"
    r"|so|it)"
    r"(?P<more>[^,:]{0,140}?)(?:, |:\s+)|^to (?:resolve|fix|work ?around|avoid|prevent) (?:this"
    r"|the) (?:issue|problem|behavior|error) (?=[a-z]+ the\b)",
    _FLAGS,
)
PURPOSE = re.compile(
    r"^(?:in order )?to (?P<purpose>[^,:]{4,160}?(?:, (?:and|or|and then"
    r"|or to) [^,:]{3,80}?)?), (?P<rest>.+)$",
    _FLAGS | re.DOTALL,
)
PURPOSE_OF_DUTY = re.compile(
    r"^(?:in order )?to (?P<purpose>[^:.]{4,220}?), "
    r"(?P<rest>(?:you|(?:the|an?) (?:[\w-]+ ){0,2}(?:admin|administrator|user|owner)) "
    r"(?:must|have to|has to|need to|needs to|should) (?!be\b).+)$",
    _FLAGS | re.DOTALL,
)
"""The same with commas within, as who has to do what tells where it ends."""
