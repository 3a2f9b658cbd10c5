"""What watching costs a run: the same run, by turns watched and not watched.

  python3 tools/dashboard/cost.py RUN_DIRECTORY [--steps 10] [--turns 20] [--pages 1]

RUN_DIRECTORY is that of a run that goes on, in several processes on this machine. While it is watched, each of --pages readers holds
the event stream open as the dashboard does, the state is asked for every second as `timix status --watch` does, and the metrics every
five seconds as Prometheus does. Compared are the duration of a step and the processor time that all processes of the run, and the
one that serves, take for it; the first step of a turn is left out. Turns come in pairs, one of each kind, which of them first by turns;
printed are means, and the mean of the pairs' differences with its 95 % interval.
"""
import argparse, json, math, os, pathlib, statistics, subprocess, sys, time, urllib.request

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("run", type=pathlib.Path)
options.add_argument("--steps", type=int, default=10)
options.add_argument("--turns", type=int, default=20)
options.add_argument("--pages", type=int, default=1)
options = options.parse_args()
if options.turns < 4 or options.turns % 2 or options.steps < 2:
    raise SystemExit("--turns must be even and at least 4, --steps at least 2")
url = json.loads((options.run / "operations.json").read_text())["url"]
TICKS = os.sysconf("SC_CLK_TCK")

def state():
    with urllib.request.urlopen(f"{url}/api/run", timeout=10) as answer:
        return json.load(answer)

def processes():
    """The launcher, which serves, and the nodes, whose parent it is."""
    nodes = {node["processId"] for node in state()["nodes"]}
    parents = {int(pathlib.Path(f"/proc/{node}/stat").read_text().rpartition(")")[2].split()[1]) for node in nodes}
    return {parent for parent in parents if parent > 1}, nodes

def seconds_of(ids):
    total = 0
    for process in ids:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS

def lines():
    with open(options.run / "metrics.jsonl") as file:
        while True:
            place = file.tell()
            line = file.readline()
            if line.endswith("\n"):
                yield json.loads(line)
            else:
                file.seek(place)
                time.sleep(0.02)

def watch():
    asks = f"while :; do curl -s {url}/api/run > /dev/null; sleep 1; done"
    scrapes = f"while :; do curl -s {url}/metrics > /dev/null; sleep 5; done"
    return [subprocess.Popen(["sh", "-c", command], start_new_session=True) for command in [asks, scrapes] + [f"exec curl -sN {url}/api/stream > /dev/null"] * options.pages]

def leave(watchers):
    for watcher in watchers:
        os.killpg(watcher.pid, 9)
        watcher.wait()

serving, nodes = processes()
print(f"{len(serving | nodes)} processes; {options.turns} turns of {options.steps} steps, one of every two watched", file=sys.stderr)
steps = lines()
last = state()["step"]
for line in steps:
    if line["step"] >= last:
        break
turns = []
for turn in range(options.turns):
    watched = turn % 4 in (1, 2)
    watchers = watch() if watched else []
    next(steps)
    begun, durations = (seconds_of(serving), seconds_of(nodes)), []
    for _ in range(options.steps - 1):
        durations.append(next(steps)["stepSeconds"])
    served, worked = (seconds_of(ids) - before for ids, before in zip((serving, nodes), begun))
    turns.append((watched, statistics.mean(durations), (served + worked) / len(durations), served / len(durations)))
    leave(watchers)

# Student's t, two-sided 95 %, by degrees of freedom; an earlier row holds for what lies between.
T = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26, 10: 2.23, 15: 2.13, 20: 2.09, 30: 2.04, 60: 2.00}

def of(watched, place):
    return [turn[place] for turn in turns if turn[0] == watched]

def compare(name, place):
    alone, watched = of(False, place), of(True, place)
    differences = [100 * (w / a - 1) for a, w in zip(alone, watched)]
    half = T[max(freedom for freedom in T if freedom < len(differences))] * statistics.stdev(differences) / math.sqrt(len(differences))
    print(f"{name}: {1000 * statistics.mean(alone):.0f} ms a step alone, {1000 * statistics.mean(watched):.0f} watched: "
          f"{statistics.mean(differences):+.2f} % ({statistics.mean(differences) - half:+.2f} to {statistics.mean(differences) + half:+.2f})")

compare("duration", 1)
compare("processor time of the run", 2)
served = [statistics.mean(of(watched, 3)) for watched in (False, True)]
share = 100 * (served[1] - served[0]) / statistics.mean(turn[2] for turn in turns)
print(f"of it, of the process that serves: {1000 * served[0]:.1f} ms a step alone, {1000 * served[1]:.1f} watched: {share:+.2f} % of the run's")
