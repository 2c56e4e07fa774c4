"""What sort of secrets were masked, for people to read."""

from flowpilot.core.redaction import RULES, SecretMasker, mask_secrets
from flowpilot.core.redaction.classes import class_of, told


def test_secrets_are_counted_by_sort_and_each_once() -> None:
    masker = SecretMasker()
    texts = [
        masker.mask("The password is Hunter2!x9. Authorization: Bearer a8Hk29dkAb37sLq0Zx81"),
        masker.mask("Again the password is Hunter2!x9, then password: other7Secret!"),
    ]
    assert told(texts) == ["2 passwords", "1 API key or token"]


def test_nothing_masked_is_nothing_told() -> None:
    assert told([mask_secrets("Nobody can print since this morning.")]) == []


def test_every_rule_belongs_to_a_sort_that_has_words() -> None:
    for rule in RULES:
        masked = mask_secrets("password: Hunter2!x9")
        named = masked.__class__(masked.text, (masked.spans[0]._replace(rule=rule.name),))
        assert len(told([named])) == 1, class_of(rule.name)
