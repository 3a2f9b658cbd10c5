"""Plays a run through the HTTP interface, to work on the dashboard without training anything.

  python3 tools/dashboard/play.py [RUN_DIRECTORY] [--port 8600] [--rate 5] [--at 0.6] [--mixes docs/mix.png] [--token T] [--report FILE]

RUN_DIRECTORY's metrics.jsonl and evaluations.jsonl are played; without one, numbers are made up. A trainer joins, one dies and
comes back; the buttons act on what is played. --at begins in mid-run; --report writes the page of a finished run and ends.
"""
import argparse, base64, json, math, pathlib, random, re, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "src/TiMix.Node/Dashboard"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain"}
COLUMNS = "loss itc mix alignment itm mlm prefixLm alignmentAccuracy temperature learningRate gradientNorm mixRegulariser stepSeconds samplesPerSecond computeSeconds exchangeSeconds updateSeconds waitSeconds".split()
V = 8

def made_up(step, rng):
    fall, noise = math.exp(-step / 150), lambda s: rng.gauss(0, s)
    itc, mix, alignment = 2.6 + 1.6 * fall + noise(0.06), min(1, step / 50) * (3 + 1.2 * fall + noise(0.05)), 0.42 + 0.28 * fall + noise(0.02)
    return {"step": step, "loss": itc + mix + alignment, "itc": itc, "mix": mix, "alignment": alignment, "temperature": 0.07, "gradientNorm": 2 + noise(0.3)}

def made_up_evaluation(step):
    rise = 1 - math.exp(-step / 200)
    metrics = lambda k: {"meanRecall": 16 * rise * k, "imageToTextR1": 5 * rise * k, "textToImageR1": 4.4 * rise * k, "medianRank": 38 / k / max(rise, .05), "miLowerBoundNats": 1.5 * rise * k,
                         "alignment": 1.1, "modalityGap": .88, "temperature": .07, "overfitGapNats": .13 / k, "pointingGame": 30 + 35 * rise * k, "pointingGameRandom": 15.8, "pointingGameCentre": 24.5}
    return {"step": step, "splits": [{"split": "validation", "pairs": 1000, "metrics": metrics(1)}, {"split": "heldout", "pairs": 1000, "metrics": metrics(.6)}],
            "trainProbe": {"split": "train", "pairs": 512, "metrics": {"miLowerBoundNats": 1.75 * rise}}}

class Run:
    def __init__(self, options):
        self.lock, self.rng, self.o = threading.RLock(), random.Random(1), options
        read = lambda name: [json.loads(line) for line in (options.run / name).read_text().splitlines()] if options.run and (options.run / name).exists() else []
        self.metrics = read("metrics.jsonl") or [made_up(step, self.rng) for step in range(1, 601)]
        self.evaluated = read("evaluations.jsonl") if options.run else [made_up_evaluation(step) for step in range(100, 601, 100)]
        self.steps, self.step, self.held, self.status, self.error = len(self.metrics), 0, False, "training", None
        self.clock, self.names, self.number = time.time() * 1000 - options.at * self.steps * 350, ["trainer-1", "trainer-2"], 2
        self.started, self.points, self.evaluations, self.notices, self.views, self.losses, self.snapshots = self.clock, [], [], [], [], [], []
        self.script = {int(self.steps * at): do for at, do in [(.15, lambda: self.join()), (.4, lambda: self.die("trainer-2")), (.46, lambda: self.join("trainer-2")), (.7, lambda: self.leave("trainer-3"))]}
        self.view("the first trainers are ready", 900)
        while self.step < self.steps * options.at:
            self.advance(350)
        if options.at < 1:
            self.clock = time.time() * 1000
            threading.Thread(target=self.go, daemon=True).start()

    def note(self, text, level="information"): self.notices = (self.notices + [{"number": len(self.notices) + 1, "at": int(self.clock), "level": level, "text": text}])[-500:]
    def view(self, reason, cost):
        share, first, shares = divmod(V, max(1, len(self.names))), 0, []
        for i, name in enumerate(self.names):
            shares.append({"node": name, "first": first, "count": share[0] + (i < share[1])}); first += shares[-1]["count"]
        at = int(self.clock)
        self.views.append({"generation": len(self.views) + 1, "fromStep": self.step, "reason": reason, "detectedAt": at, "installedAt": at + cost // 3, "firstStepAt": at + cost + 300, "shares": shares})
        self.note(f"view {len(self.views)} from step {self.step}: {reason}")
    def join(self, name=None):
        if not name: self.number += 1
        self.names.append(name or f"trainer-{self.number}"); self.view(f"{self.names[-1]} joins", 180)
    def leave(self, name): self.names.remove(name); self.view(f"{name} leaves", 95)
    def die(self, name):
        self.names.remove(name); self.losses.append({"node": name, "kind": "processDied", "reason": "its process has died", "at": int(self.clock), "step": self.step})
        self.note(f"{name} was put out: its process has died", "warning"); self.view(f"{name} died", 2350)
    def advance(self, milliseconds):
        with self.lock:
            self.clock += milliseconds; self.step += 1
            line, n = self.metrics[self.step - 1], max(1, len(self.names))
            seconds = line.get("stepSeconds") if self.o.run else .12 + .9 / n * (1 + self.rng.gauss(0, .03))
            parts = {"computeSeconds": seconds * .8, "exchangeSeconds": seconds * (.04 + .02 * n), "updateSeconds": seconds * .03, "waitSeconds": seconds * (.13 - .02 * n)}
            self.points.append({**dict.fromkeys(COLUMNS, 0), **parts, "stepSeconds": seconds, "samplesPerSecond": 64 / seconds, **line})
            self.evaluations += [e for e in self.evaluated if e["step"] == self.step]
            if self.step % 100 == 0:
                recall = next((e["splits"][0]["metrics"]["meanRecall"] for e in self.evaluations if e["step"] == self.step), None)
                self.snapshots.append({"step": self.step, "fingerprint": f"{self.rng.getrandbits(128):032x}", "meanRecall": recall}); self.note(f"snapshot of step {self.step}")
            if do := self.script.pop(self.step, None): do()
            if self.step == self.steps: self.status = "finished"
    def go(self):
        while self.step < self.steps and self.status == "training":
            time.sleep(1 / self.o.rate)
            if not self.held: self.advance(1000 / self.o.rate)
    def state(self):
        with self.lock:
            shares, now = {s["node"]: s for s in self.views[-1]["shares"]}, int(time.time() * 1000) if self.o.at < 1 else int(self.clock)
            node = lambda name, roles, pid, megabytes, cpu: {"name": name, "roles": roles, "host": "machine-a", "processId": pid, "device": "cpu", "threads": 1, "residentBytes": int((megabytes + 20 * math.sin(now / 9000 + pid)) * 2**20),
                                                             "cpuPercent": max(0, cpu + self.rng.gauss(0, 3)), "heardMillisecondsAgo": self.rng.randrange(50, 900), "alive": True}
            last = self.points[-1] if self.points else {"stepSeconds": 0, "samplesPerSecond": 0}
            return {"run": "demo", "recipe": "sample", "status": "paused" if self.held else self.status, "phase": "training", "phaseCode": "training", "waiting": None, "step": self.step, "steps": self.steps, "epoch": self.step // 60, "stepSeconds": last["stepSeconds"],
                    "samplesPerSecond": last["samplesPerSecond"], "etaSeconds": (self.steps - self.step) * last["stepSeconds"] if self.status == "training" else None, "startedAt": int(self.started), "now": now, "generation": len(self.views), "resumes": 0,
                    "fingerprint": None, "error": None, "microBatches": V, "nodes": [node("launcher", ["coordinator", "loader", "mixer", "evaluator"], 4100, 640, 82)] + [node(n, ["trainer"], 4200 + int(n[8:]), 410, 96) for n in self.names],
                    "trainers": [{"node": n, "phase": "Running", "applied": self.step, "leaving": False, "secondsPerMicroBatch": .11, "first": shares[n]["first"], "count": shares[n]["count"]} for n in self.names],
                    "views": self.views[-200:], "losses": self.losses, "snapshots": self.snapshots, "control": {"tokenNeeded": bool(self.o.token), "canScale": True, "why": None}}
    def series(self, after, most=1000):
        points = [p for p in self.points if p["step"] > after]
        size = max(1, -(-len(points) // most))
        groups = [points[i:i + size] for i in range(0, len(points), size)]
        return {"steps": [g[-1]["step"] for g in groups], **{c: [sum(p[c] for p in g) / len(g) for g in groups] for c in COLUMNS}}
    def wish(self, what, body):
        with self.lock:
            if self.status != "training": return 409, f"The run is {self.status}."
            if what in ("pause", "continue"): self.held = what == "pause"; return 200, "Everybody holds still." if self.held else "The run goes on."
            if what == "drain" and body["node"] not in self.names: return 404, f"There is no node {body['node']}; there are {', '.join(self.names)}."
            if what == "drain": self.leave(body["node"]); return 200, f"{body['node']} finishes its step and leaves."
            if what == "stop": self.status = "stopped"; return 200, "The run finishes its step, writes a snapshot and ends."
            while what == "scale" and body["trainers"] > len(self.names): self.join()
            while what == "scale" and body["trainers"] < len(self.names): self.leave(self.names[-1])
            return 200, f"There are {len(self.names)} trainers." if what == "scale" else f"A snapshot of step {self.step} is written."

class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def send(self, code, body, kind="application/json"):
        self.send_response(code); self.send_header("Content-Type", kind); self.send_header("Content-Length", len(body))
        self.send_header("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'"); self.end_headers(); self.wfile.write(body)
    def do_GET(self):
        path, _, query = self.path.partition("?")
        number = int(re.search(r"\d+", query).group()) if "from=" in query or "after=" in query else 0
        answers = {"/api/run": run.state, "/api/metrics": lambda: run.series(number), "/api/evaluations": lambda: run.evaluations, "/api/notices": lambda: [n for n in run.notices if n["number"] > number],
                   "/api/mixes": lambda: {"step": run.snapshots[-1]["step"], "state": "ready", "detail": ""} if run.snapshots and options.mixes else {"step": None, "state": "none", "detail": "there is no snapshot yet"}}
        file = PAGE / ("index.html" if path == "/" else path.removeprefix("/assets/"))
        if path in answers: self.send(200, json.dumps(answers[path]()).encode())
        elif path == "/api/mixes.png" and options.mixes: self.send(200, options.mixes.read_bytes(), "image/png")
        elif path == "/api/stream": self.stream()
        elif file.parent == PAGE and file.is_file(): self.send(200, file.read_bytes(), TYPES[file.suffix])
        else: self.send(404, b'{"done":false,"text":"there is nothing here"}')
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        code, text = (401, "The token is missing or wrong.") if options.token and self.headers.get("Authorization") != f"Bearer {options.token}" else run.wish(self.path[5:], json.loads(body or b"{}"))
        self.send(code, json.dumps({"done": code == 200, "text": text}).encode())
    def stream(self):
        self.send_response(200); self.send_header("Content-Type", "text/event-stream"); self.end_headers()
        step, told, seen, number = run.step, len(run.notices), len(run.evaluations), 0
        try:
            while True:
                with run.lock:
                    events = [("run", run.state())] + ([("metrics", run.series(step))] if run.step > step else []) + [("evaluation", e) for e in run.evaluations[seen:]] + [("notice", n) for n in run.notices if n["number"] > told]
                    step, told, seen = run.step, len(run.notices), len(run.evaluations)
                for kind, value in events:
                    number += 1
                    self.wfile.write(f"id: {number}\nevent: {kind}\ndata: {json.dumps(value)}\n\n".encode())
                self.wfile.flush(); time.sleep(1)
        except OSError: pass

def inline(report):
    """One file out of the page: see the order of its parts in modules.txt."""
    text = lambda name: (PAGE / name).read_text()
    modules = "\n".join(re.sub(r"^export (?=(async |class|const|function|let))", "", re.sub(r"^import .*\n", "", text(m), flags=re.M), flags=re.M) for m in text("modules.txt").split())
    page = re.sub(r'<link rel="icon".*\n', "", text("index.html"))
    page = re.sub(r'<link rel="stylesheet" href="assets/(.*?)">', lambda m: f"<style>{text(m[1])}</style>", page)
    page = re.sub(r'<script src="assets/(.*?)" defer></script>', lambda m: f"<script>{text(m[1])}</script>", page)
    data = json.dumps(report).replace("<", "\\u003c")
    return re.sub(r'<script src="assets/app.js" type="module"></script>', lambda _: f'<script type="application/json" id="report">{data}</script>\n<script type="module">\n{modules}</script>', page)

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, kind, value in [("port", int, 8600), ("rate", float, 5), ("at", float, .0), ("mixes", pathlib.Path, None), ("token", str, None), ("report", pathlib.Path, None)]: parser.add_argument(f"--{name}", type=kind, default=value)
    parser.add_argument("run", nargs="?", type=pathlib.Path)
    options = parser.parse_args()
    options.at = 1 if options.report else min(options.at, .99)
    run = Run(options)
    if options.report:
        picture = options.mixes and "data:image/png;base64," + base64.b64encode(options.mixes.read_bytes()).decode()
        options.report.write_text(inline({"state": run.state(), "series": run.series(0), "evaluations": run.evaluations, "notices": run.notices, "mixes": picture}))
    else:
        print(f"http://127.0.0.1:{options.port}/", flush=True)
        ThreadingHTTPServer(("127.0.0.1", options.port), Handler).serve_forever()
