#!/usr/bin/env python3
"""How long training stood still at every change of view: follows a launched run while it goes.

Usage: stall.py RUN_DIRECTORY   (start it before or after the run; it ends when summary.json is there)
Notes when each line of metrics.jsonl arrives. The stall of a view is the time between the last step before it and the first
step of it, less the median time between the steps around it.
"""
import json
import pathlib
import re
import statistics
import sys
import time

run = pathlib.Path(sys.argv[1])
arrived = {}
seen = 0
while True:
    ended = (run / "summary.json").exists()
    try:
        lines = (run / "metrics.jsonl").read_text().split("\n")[:-1]
    except FileNotFoundError:
        lines = []
    for line in lines[seen:]:
        arrived.setdefault(json.loads(line)["step"], time.monotonic())
    seen = len(lines)
    if ended:
        break
    time.sleep(0.01)

gaps = {step: arrived[step] - arrived[step - 1] for step in arrived if step - 1 in arrived}
stalls = {}
for view in map(re.compile(r"view \d+ from step (\d+): .*\((.*)\) \d+ ms").search, sys.stdin):
    if view and int(view[1]) + 1 in gaps:
        first = int(view[1]) + 1
        around = statistics.median(gaps[step] for step in range(first - 4, first + 5) if step in gaps and step != first)
        stalls.setdefault(view[2].split()[-1], []).append((gaps[first] - around, around))
for kind, values in stalls.items():
    print(f"{kind:8} stall median {1000 * statistics.median(v[0] for v in values):5.0f} ms, worst {1000 * max(v[0] for v in values):5.0f} ms of {len(values)}; a step took {1000 * statistics.median(v[1] for v in values):.0f} ms")
