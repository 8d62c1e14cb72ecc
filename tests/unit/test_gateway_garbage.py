"""What a gateway keeps as long as it runs is not looked at by the garbage collector."""

from __future__ import annotations

import json
import subprocess
import sys

# In a process of its own: nothing takes a frozen object back.
PROGRAM = """\
import gc, json
from gateway_kit.stack.servers.gateway.garbage import keep_what_stays_out_of_sight

def kept(count):
    return [{"number": [number]} for number in range(count)]

gc.disable()
start = kept(1000)
keep_what_stays_out_of_sight()
counts = [gc.get_freeze_count()]
first_requests = kept(5000)
gc.collect(1)
counts.append(gc.get_freeze_count())
for _ in range(2):
    gc.collect()
    counts.append(gc.get_freeze_count())
    later = kept(9000)
    garbage = kept(10)
    garbage.append(garbage)
    del garbage
print(json.dumps([counts, gc.isenabled(), gc.collect() >= 11]))
"""


def test_what_the_start_and_the_first_requests_leave_is_taken_out_of_sight_and_later_garbage_is_found():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    (at_start, after_young, after_first_full, after_second_full), enabled, found = json.loads(done.stdout)
    assert at_start > 2000
    assert after_young == at_start
    assert after_first_full >= at_start + 10_000
    assert after_second_full <= after_first_full
    # Before Python 3.12 the interpreter would collect anywhere, and die of it.
    assert enabled is (sys.version_info >= (3, 12))
    assert found


COLLECTING = """\
import gc, json
from gateway_kit.stack.servers.gateway import collecting

class Cycle:
    ended = 0
    def __init__(self):
        self.me = self
    def __del__(self):
        Cycle.ended += 1

def looked_at(cycles):
    for _ in range(cycles):
        Cycle()
    return collector.collect(), Cycle.ended

gc.disable()
gc.set_threshold(100, 2, 1)
gc.collect()
collecting.FULL_EVERY_S = 0
collector = collecting.Collector()
seen = [looked_at(10)]
seen += [looked_at(1000) for _ in range(12)]
gc.set_threshold(0)
seen.append(looked_at(1000))
gc.set_threshold(100_000)
gc.enable()
seen.append(looked_at(1000))
print(json.dumps(seen))
"""


def test_garbage_is_collected_when_asked_by_the_interpreters_thresholds_unless_it_does_so_itself():
    done = subprocess.run([sys.executable, "-c", COLLECTING], capture_output=True, text=True, check=True)
    few, *many, without_limit, enabled = json.loads(done.stdout)
    assert few == [None, 0]
    assert [generation for generation, _ in many] == [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2]
    assert [ended for _, ended in many] == [10 + 1000 * number for number in range(1, 13)]
    assert without_limit == enabled == [None, 12010]
