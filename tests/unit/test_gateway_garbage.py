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
    assert enabled
    assert found
