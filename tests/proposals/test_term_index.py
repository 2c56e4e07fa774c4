from uuid import UUID

from proposals.term_index import TermIndex

TEAM, OTHER_TEAM = UUID(int=1), None
A, B, C = (UUID(int=number) for number in (10, 11, 12))


def test_the_nearest_share_most_terms_and_equals_come_by_id() -> None:
    index = TermIndex()
    index.put(C, TEAM, ["vpn", "828"])
    index.put(A, TEAM, ["vpn", "tunnel"])
    index.put(B, TEAM, ["vpn", "tunnel", "828"])

    assert index.nearest(TEAM, ["vpn", "828", "tunnel"], limit=2) == [(B, 3), (A, 2)]
    assert index.nearest(TEAM, ["vpn"], limit=9, eligible=lambda key: key != A) == [(B, 1), (C, 1)]


def test_teams_do_not_meet() -> None:
    index = TermIndex()
    index.put(A, TEAM, ["vpn"])

    assert index.nearest(OTHER_TEAM, ["vpn"], limit=9) == []


def test_what_is_put_again_has_its_new_terms_only() -> None:
    index = TermIndex()
    index.put(A, TEAM, ["vpn", "tunnel"])
    index.put(A, TEAM, ["tunnel", "828"])

    assert index.nearest(TEAM, ["vpn"], limit=9) == []
    assert index.nearest(TEAM, ["tunnel", "828"], limit=9) == [(A, 2)]


def test_what_is_dropped_is_gone() -> None:
    index = TermIndex()
    index.put(A, TEAM, ["vpn"])
    index.drop(A)
    index.drop(B)

    assert index.nearest(TEAM, ["vpn"], limit=9) == []
