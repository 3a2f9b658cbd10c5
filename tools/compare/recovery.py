#!/usr/bin/env python3
"""How long a launched run took to get over its faults: from its summary and metrics.

Usage: recovery.py RUN_DIRECTORY
Prints, for every kind of fault, the median and the worst of: milliseconds until the coordinator knew, until the next view held,
until its first step was done; and, for faults that change no view, how long the longest of the three steps after it was beside
the median step of the run.
"""
import collections
import json
import pathlib
import statistics
import sys

run = pathlib.Path(sys.argv[1])
summary = json.loads((run / "summary.json").read_text())
seconds = {line["step"]: line["stepSeconds"] for line in map(json.loads, (run / "metrics.jsonl").open())}
median = statistics.median(seconds.values())
print(f"{run.name}: {summary['steps']} steps, median step {1000 * median:.0f} ms, fingerprint {summary['fingerprint'][:16]}…, audit {summary['audit']}")
kinds = collections.defaultdict(list)
for fault in summary["faults"]:
    kinds[f"{fault['kind']}:{fault['node'].split('-')[0]}"].append(fault)
for kind, faults in sorted(kinds.items()):
    for key in ("detectedMs", "viewMs", "firstStepMs"):
        values = [fault[key] for fault in faults if fault[key] is not None]
        if values:
            print(f"{kind:20} {key:12} median {statistics.median(values):6.0f}  worst {max(values):6.0f}  of {len(values)}")
    longest = [max(seconds[s] for s in range(fault["step"] + 1, fault["step"] + 4) if s in seconds) for fault in faults if fault["step"] + 1 in seconds]
    if longest:
        print(f"{kind:20} longest of the next 3 steps / median step: median {statistics.median(longest) / median:.2f}, worst {max(longest) / median:.2f}")
