import gc
import subprocess
import sys

from flowpilot.core.collector import NEW_OBJECTS, collecting_rarely
from flowpilot.core.postgres.keeper import PROJECT


def test_the_collector_looks_as_often_as_before_when_the_block_is_over() -> None:
    before = gc.get_threshold()

    with collecting_rarely():
        within = gc.get_threshold()

    assert within[0] == NEW_OBJECTS > before[0]
    assert gc.get_threshold() == before


SETTLING = """
import gc
from flowpilot.core.collector import SETTLED, settle

settle()
kept, counts = [], []
for number in range(SETTLED + 2):
    kept.append([[] for _object in range(1000)])
    gc.collect(1)
    before = gc.get_freeze_count()
    gc.collect()
    counts.append(gc.get_freeze_count() - before > 999)
print(counts == [True] * SETTLED + [False] * 2)
"""


def test_what_is_left_after_the_first_full_collections_stays() -> None:
    told = subprocess.run([sys.executable, "-c", SETTLING], cwd=PROJECT, capture_output=True, check=True)

    assert told.stdout == b"True\n"
