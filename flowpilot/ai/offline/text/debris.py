"""What is in tickets and articles but helps nobody: markers, community links, pictures that are not there."""

import html
import re
from functools import lru_cache

from flowpilot.ai.offline.text.exact import unescape_angles

_FLAGS = re.IGNORECASE

DEBRIS_LINE = re.compile(
    r"^\s*(?:>\s*)?(?:"
    r"(?:\d+\. +)?(?:browse|navigate) to (?:this|the) web ?site[.,](?!.*https?:).{0,160}|"
    r"!INCLUDE\b.*"
    r"|\[!INCLUDE\b.*"
    r"|\[!(?:div|video|VIDEO)\b.*"
    r"|:::.*"
    r"|!\[[^\[\]]*\](?:\([^()]*\))?"
    r"|(?:\*\*)?still need help\?.*"
    r"|(?:\*\*)?did this (?:fix|solve|resolve) (?:the|your) problem\?.*"
    r"|was this (?:article|information|page) helpful\?.*"
    r"|(?:please )?(?:ask|post) .{0,40}\bcommunity\b.*"
    r"|sent from my \w+.*"
    r"|screen ?shots?(?: (?:of|for|showing)\b.{0,60})?:?"
    r"|<!--.*-->"
    r"|\[back to top\].*"
    r"|\d{6,7} [\"A-Z][^.:]{10,200}\.?"
    r")\s*$",
    _FLAGS,
)
"""A whole line that is dropped, wherever it stands."""

DEBRIS_SENTENCE = re.compile(
    r"^(?:\*\*)?(?:"
    r"still need help\?"
    r"|there(?:'s| is| are) (?:also )?(?:another|other|an additional) articles?\b"
    r"|there are (?:a few|several|some|various) (?:possible )?(?:solutions|workarounds)"
    r" (?:to|for) this [^.:]*\.$"
    r"|[^.]{0,160}\bin the \"?steps to reproduce[^.\"]{0,40}\"? section\b"
    r"|for (?:\w+ ){0,3}?(?:information|info|details"
    r"|instructions|guidance|help|background)\b"
    r".*\b(?:see|refer|visit|go to|check|read|review|click|select)\b"
    r"|(?:to (?:learn|get|find|read|obtain|see) (?:more|additional|further)|learn more|read more)\b"
    r"|(?:also,? )?(?:please )?see (?:also|the following|here|this)\b"
    r"|to do (?:this|so|it),? (?:see|refer to)\b"
    r"|(?:for (?:details|instructions|steps|a list|an example|a description)|details),? .{0,90}\b(?:see"
    r"|refer to|visit)\b"
    r"|see (?!whether\b|if\b)(?:[A-Z]|\[|\*|\")"
    r"|(?:(?:here|below) )?(?:the following|this|the) (?:screen ?shot|image|picture|video|diagram|figure)"
    r" (?:for (?:this|it)\b|below\b|shows|displays|illustrates|is)\b"
    r"|the (?:screen ?shot|picture|image)s? for (?:this|it|these)\b"
    r"|(?:for example,? )?(?:consider|see|refer to) the following (?:screenshot|screen shot|image|picture"
    r"|figure)"
    r"|[^.]{0,160}\b(?:see|refer to|visit|check out) .{3,120} for (?:more|additional|further|detailed"
    r"|complete|specific) (?:information|details|info|instructions|guidance)\b"
    r"|the following (?:sections?|tables?|articles?|topics?|lists?|blog(?: posts?)?|videos?|web ?sites?)"
    r" (?:lists?|shows?|describes?|contains?|provides?|explains?|summarizes?|discuss(?:es)?)\b"
    r"|an example (?:is|of this is) (?:included|shown|given)\b|here(?:'s| is) an example of .{3,80}\.$"
    r"|here'?s? (?:is )?(?:a|an|the) (?:screenshot|image|screen shot)"
    r"|(?:a|the) (?:screenshot|screen shot|image) (?:of|that)\b"
    r"|(?:this|the following) is (?:a|an|the) (?:sample |example )?(?:screenshot|screen shot|image)\b"
    r"|\((?:the|a) (?:screen ?shot|picture|image)s? (?:for|of)\b"
    r"|microsoft has confirmed that (?:this is|it's|it is) a (?:problem|bug|known issue)"
    r"|(?:microsoft is|we are|we're) (?:currently |actively )?(?:researching|aware of|working (?:on|to)"
    r"|investigating) (?:this|the|fix|resolve|address|correct)\b"
    r"|this is a \"?fast publish|the information contained (?:herein|in this document) is provided as[ -]is\b"
    r"|as a result of the speed in making it available\b|see\s+terms of use\b"
    r"|[^.]{2,80} is manufactured by (?-i:[A-Z])|[^.]{4,120} has reached the end of its support lifecycle\b"
    r"|microsoft (?:is providing|provides) extended support\b|we encourage customers to evaluate\b"
    r"|(?:the )?third-party (?:products|information)\b.*\b(?:manufactured|disclaimer|independent)"
    r"|(?:(?!that |which )\w+ ){1,4}(?:is|are) (?:listed|described|mentioned|shown|documented) in the"
    r" \"?(?:symptoms?|causes?"
    r"|more information|resolution|applies to|workarounds?)\"? section"
    r"|microsoft support (?:professionals|engineers) can\b|this article assumes\b"
    r"|(?:this|the) contact information (?:may|might) change\b"
    r"|(?:use|follow|try) the (?:information|steps|solutions) (?:that (?:is|are) |that's )?(?:\w+ )?in this"
    r" article\b"
    r"|microsoft (?:makes no warranty|provides third-party|(?:does not|doesn't) guarantee the accuracy"
    r"|provides programming examples)"
    r"|in th(?:is|e following) (?:example )?screen ?shot\b"
    r"|(?:steps? [^.]{1,30} )(?:is|are) (?:shown|represented) in this screen ?shot\b"
    r"|for example, [^.]{4,80}, (?:consider|see) the following screen ?shot\b"
    r"|(?:for example, )?the following (?:figure|screen ?shot|image|picture)"
    r" (?:demonstrates|shows|illustrates)\b"
    r"|[^.]{0,200}\b(?:that this article (?:provides|contains|includes)"
    r"|(?:is|are) (?:included|provided|listed) in this article|in this article: [\"A-Z])"
    r"|if (?:the|this) (?:problem|issue)[^,.]{0,30}, (?:go|move|continue) (?:on )?to the next section\b"
    r"|if you (?:still )?(?:have|need) (?:more |further |other |any )?(?:questions|help)\b"
    r"|we(?:'d| would) (?:love|like) to hear"
    r"|please (?:rate|vote|let us know)"
    r"|(?:this|the) (?:article|section|topic|document) (?:describes|discusses|contains|provides|explains"
    r"|was|is|applies)\b"
    r"|applies to\b|this includes, but (?:is not|isn't) limited to\b(?!.*:$)"
    r"|(?:also,? |alternatively, )?(?:in order )?(?:to (?:[^.]|\.(?=\w)){4,160}"
    r"|if (?:[^.]|\.(?=\w)){4,200}|(?:for|as) (?:the )?[^.,]{4,60}),"
    r" (?:please )?(?:see|refer to|consult)"
    r" (?:(?-i:[A-Z\"“\[*])|(?:our|the) (?:\w+ ){0,3}(?:articles?|guides?|topics?|documentation|blog)\b)"
    r"|(?:please )?see (?:table|figure|appendix) \w+\b"
    r"|(?:to do (?:this|so), )?follow the \"[^\"]+\" section of\b"
    r"|follow the (?:steps|instructions|guidance|procedures?) in (?-i:[A-Z\"“\[])|to provide feedback\b"
    r"|follow the (?:directions|steps|instructions) in the (?:following|linked) (?:article|topic|link)\b"
    r"|(?:to [^.,]{4,80}, )?(?:click|select|use|follow) the links? (?:specific to|for|below|that)\b"
    r"|how to (?-i:[a-z])[^.:?!|]{5,110}$"
    r"|(?!.*https?:)[^.]{0,200}\b(?:see|visit|refer to|go to|check|read) (?:any of |one of )?"
    r"(?:the following|these) (?:[\w-]+ ){0,4}?(?:articles?|web ?sites?|topics?|links?|blog posts?|pages?)"
    r"\b[^.]{0,90}[:.]?$"
    r"|(?:(?:if|to) [^.]{3,160}, )?(?:go to|see|follow the steps in"
    r"|use the steps in) the \"[^\"]+\" section\b(?! in the (?!article\b|topic\b))"
    r"|(?:(?:if|to) [^.]{3,120}, )?(?:go to|try|use|proceed (?:to|with)|continue (?:to|with)|move on to)"
    r" (?:the )?(?:next (?:method|option|resolution|solution|workaround)"
    r"|(?:method|option|resolution|solution|workaround) (?:\d|[A-D]\b))"
    r"(?:[^.]|\.(?= If (?:method|option|resolution|solution|workaround) \d)){0,110}\.?$"
    r"|(?:to )?check whether the (?:problem|issue) is (?:fixed|resolved)\b"
    r"|if the (?:problem|issue) is (?:fixed|resolved), you(?:'re| are) (?:finished|done)\b"
    r"|if the (?:problem|issue) (?:is not|isn't) (?:fixed|resolved), (?:you can )?(?:visit|go to"
    r"|see|contact support)\b"
    r"|follow the steps in this section carefully\b|(?:therefore, )?make sure that you follow these steps"
    r" carefully\b|this (?:section|method)(?:, method, or task)? contains steps that tell you how to modify"
    r"|the following link (?:provides|contains|has)\b|we would appreciate your feedback\b"
    r"|to do (?:this|that|so),? (?:please )?follow the (?:steps|instructions) in the following article\b"
    r"|to (?:download|get|obtain) [^.]{3,70}, (?:go to|visit) (?-i:[A-Z])[^.>]{3,90}\.?$"
    r"|click to view\b|the following steps (?:provide|describe|are)\b"
    r"|the (?:workaround|steps|method|information|solution)s? (?:that (?:is|are) )?(?:listed|described"
    r"|provided|given) (?:here|in this)\b|.{0,200}\bthis (?:kb|knowledge base) article\b"
    r")",
    _FLAGS,
)
"""A sentence that points elsewhere or praises; dropped from bodies."""

_TRAILERS = (
    re.compile(
        r",? (?:as|like|similar to|resembling|that resembles|that are shown|that is shown|which is shown"
        r"|as is)?\s*"
        r"(?:shown|illustrated|depicted|seen|displayed|the one)?\s*(?:in|by|to) the (?:following|below"
        r"|next|previous|preceding)"
        r" (?:screenshot|screen shot|image|picture|figure|diagram|illustration|graphic)s?(?::$)?",
        _FLAGS,
    ),
    re.compile(
        r"(?<=\w)\s*\((?:see|the) (?:screen ?shot|image|figure|below screenshot)[^)]*\)(?::$)?", _FLAGS
    ),
    re.compile(
        r",? by (?:following|using) the (?:steps|instructions|guidance|procedures?) (?:in|at) (?-i:[A-Z\"])"
        r"[^.,:`]{5,90}(?=[.,]|$)",
        _FLAGS,
    ),
    re.compile(
        r",? (?:(?:(?:that|which)(?:'s| is| are| was| were)?|as) )?(?:mentioned|described|listed"
        r"|shown|displayed|discussed|explained|noted|given|specified"
        r"|referenced|documented|provided) in the \"?(?:symptoms?|problem|causes?|summary|more information"
        r"|resolution|applies to|workarounds?|introduction)\"? section(?: of this article)?",
        _FLAGS,
    ),
    re.compile(
        r",? (?:(?:that|which)(?:'s| is| are)? )?(?:mentioned|described|listed|discussed|documented|provided)"
        r" in this (?:article|topic)\b| that this article (?:describes|discusses)\b",
        _FLAGS,
    ),
    re.compile(r" (?:in|of) this article\b(?! is)", _FLAGS),
    re.compile(
        r" (?:in|from) the \"?(?:symptoms?|problem|causes?|summary|more information|applies to"
        r"|introduction)\"? section(?: of this article)?"
        r"(?! (?:describes|explains|contains|shows|lists|tells|provides|has|is|applies)\b)",
        _FLAGS,
    ),
    re.compile(r",? as shown(?: in (?:this|the) (?:screen ?shot|image|picture|figure))?(?=[.;,]|$)", _FLAGS),
    re.compile(r"(?<=[.!?:]) \(?the (?:screen ?shots?|images?|pictures?) [^().]{3,60}\)?\.", _FLAGS),
    re.compile(r"(?<=[.!?]) For example,$", _FLAGS),
    re.compile(r"^However, (?=serious problems)"),
    re.compile(r"(?<=PowerShell)\d\b"),
    re.compile(r"(?<!operator)\s+\(\s*\)"),
    re.compile(r"!\[[^\[\]]*\]\([^()]*\)"),
)

_CODE_SPAN = re.compile(r"(`[^`\n]+`)")
_CODE_TAG = re.compile(r"<code>([^<>`\n]+)</code>")
_TAG = re.compile(
    r"(?<!\\)</?(?:br|b|i|u|em|mark|strong|sup|sub|span|font|p|div|code|kbd|center)\b[^<>\n]{0,80}>|(?<=\s)<!--.*?-->",
    re.IGNORECASE,
)
_LINK = re.compile(r"\[([^\[\]\n]+)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)?)\)")


def is_debris_line(text: str) -> bool:
    return bool(DEBRIS_LINE.match(text))


def is_debris_sentence(text: str) -> bool:
    return bool(DEBRIS_SENTENCE.match(text.strip()))


def without_trailers(text: str) -> str:
    """Take out pointers to pictures that did not come along; code stays as it is."""
    parts = _CODE_SPAN.split(text)
    parts[::2] = [_without_trailers(part) for part in parts[::2]]
    return "".join(parts)


_ENTITY = re.compile(r"&(?:[nm]dash|reg|trade|copy|hellip|[lr][sd]quo|quot|amp|nbsp|#\d{2,5});")
"""Characters that a page spells out; `&lt;` and `&gt;` stay, they would be read as tags."""


def _without_trailers(text: str) -> str:
    text = _ENTITY.sub(
        lambda match: html.unescape(match.group(0)).replace("\xa0", " "), re.sub(r"[ \t]{2,}", " ", text)
    )
    for pattern in _TRAILERS:
        text = pattern.sub("", text)
    return re.sub(r"[ \t]{2,}", " ", text)


def _shown_link(match: re.Match[str]) -> str:
    label, url = match.group(1), match.group(2)
    return match.group(0) if url.startswith(("http://", "https://")) else label


def plain_inline(text: str) -> str:
    """Inline text with relative links reduced to their words; web links and what is code stay."""
    parts = _CODE_SPAN.split(_CODE_TAG.sub(r"`\1`", _LINK.sub(_shown_link, text)))
    parts[::2] = [_TAG.sub("", part) for part in parts[::2]]
    return "".join(parts)


def unescape(text: str) -> str:
    r"""Take the backslashes of markdown escapes off: `\<x>` becomes `<x>`; a path such as C:\Temp stays."""
    return re.sub(r"\\([*_\[\]|#`@])", r"\1", unescape_angles(text))


@lru_cache(maxsize=4096)
def plain_words(text: str) -> str:
    """The text without any markdown: for titles, labels and counting words."""
    text = _TAG.sub("", _LINK.sub(r"\1", without_trailers(re.sub(r"\s+", " ", text))))
    text = unescape(text).replace("`", "")
    text = re.sub(r"(?<![\w*])(\*\*|__|\*)(?=\S)(.{1,200}?)(?<=\S)\1(?![\w*])", r"\2", text)
    text = re.sub(r"(?<!\w)_(?=\S)([^\n]{1,120}?)(?<=\S)_(?!\w)", r"\1", text)
    return re.sub(r"\s+", " ", text).strip()
