import gc

from flowpilot.core.collector import NEW_OBJECTS, collecting_rarely


def test_the_collector_looks_as_often_as_before_when_the_block_is_over() -> None:
    before = gc.get_threshold()

    with collecting_rarely():
        within = gc.get_threshold()

    assert within[0] == NEW_OBJECTS > before[0]
    assert gc.get_threshold() == before
