"""What watching costs a run: the same run, by turns watched and not watched.

  python3 tools/dashboard/cost.py RUN_DIRECTORY [--steps 10] [--turns 20] [--watchers 1]

RUN_DIRECTORY is that of a run that goes on, in several processes on this machine. While it is watched, each of --watchers holds the
event stream open as the dashboard does, asks for the state every second as `timix status --watch` does, and for the metrics every five
seconds as Prometheus does, each over one connection from this process: what a browser would need for itself is not counted, since it
can stand on another machine. Many watchers show what the noise of one hides. Compared are the duration of a step and the processor
time that all processes of the run, and the one that serves, take for it; the first step of a turn is left out. Turns come in pairs,
one of each kind, which of them first by turns; printed are geometric means and their ratio with its 95 % interval (a mean of ratios
would be above 1 by chance alone).
"""
import argparse, http.client, json, math, os, pathlib, socket, statistics, sys, threading, time, urllib.parse, urllib.request

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("run", type=pathlib.Path)
options.add_argument("--steps", type=int, default=10)
options.add_argument("--turns", type=int, default=20)
options.add_argument("--watchers", type=int, default=1)
options = options.parse_args()
if options.turns < 4 or options.turns % 2 or options.steps < 2:
    raise SystemExit("--turns must be even and at least 4, --steps at least 2")
url = json.loads((options.run / "operations.json").read_text())["url"]
address = urllib.parse.urlsplit(url)
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

class Reader(threading.Thread):
    """One who watches, over one connection that stays open: asks for a path again and again, or reads a stream that does not end."""

    def __init__(self, path, every=None):
        super().__init__(daemon=True)
        self.path, self.every, self.left, self.error = path, every, threading.Event(), None
        self.connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        self.connection.connect()
        self.start()

    def run(self):
        try:
            while not self.left.is_set():
                self.connection.request("GET", self.path)
                answer = self.connection.getresponse()
                if answer.status != 200:
                    raise RuntimeError(f"{self.path}: {answer.status} {answer.reason}")
                while answer.read1(65536):
                    pass
                if self.every is None:
                    raise RuntimeError(f"{self.path}: the stream ended")
                self.left.wait(self.every)
        except Exception as error:
            if not self.left.is_set():
                self.error = error

def watch():
    return [Reader(path, every) for _ in range(options.watchers) for path, every in (("/api/stream", None), ("/api/run", 1), ("/metrics", 5))]

def leave(readers):
    for reader in readers:
        reader.left.set()
        try:
            reader.connection.sock.shutdown(socket.SHUT_RDWR)
        except (AttributeError, OSError):
            pass  # The connection is gone; if that is not as it should be, the reader has its error.
    for reader in readers:
        reader.join()
        if reader.error:
            raise SystemExit(f"A reader did not get what it asked for. {reader.error}")

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
    logs = [math.log(w / a) for a, w in zip(alone, watched)]
    half = T[max(freedom for freedom in T if freedom < len(logs))] * statistics.stdev(logs) / math.sqrt(len(logs))
    middle, low, high = (100 * math.expm1(statistics.mean(logs) + shift) for shift in (0, -half, half))
    print(f"{name}: {1000 * statistics.geometric_mean(alone):.0f} ms a step alone, {1000 * statistics.geometric_mean(watched):.0f} watched: "
          f"{middle:+.2f} % ({low:+.2f} to {high:+.2f})")

compare("duration", 1)
compare("processor time of the run", 2)
served = [statistics.mean(of(watched, 3)) for watched in (False, True)]
share = 100 * (served[1] - served[0]) / statistics.mean(turn[2] for turn in turns)
print(f"of it, of the process that serves: {1000 * served[0]:.1f} ms a step alone, {1000 * served[1]:.1f} watched: {share:+.2f} % of the run's")
