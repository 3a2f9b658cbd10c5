#!/usr/bin/env python3
"""Breaks the cores on purpose, one mistake at a time, and counts which of them the simulation finds.

  python3 tools/mutations/mutate.py [WORD...]     only mutations whose names hold one of the words
      --table FILE   writes the table as Markdown
      --jobs N       so many at a time (2)
      --schedules N  random schedules behind the scenarios (3000)
      --findable     without those of unfindable.txt, which take a whole simulation each

A mutation is a record of mutations.txt. src/TiMix.Protocol is compiled with it, beside the test project as it was built, whose
simulation then runs until the first failure. Every mutation must be found, or be named with the reason in unfindable.txt.
Exit code 1: one was not found, or its text is not in the source any more. Needs the SDK of global.json and nothing else."""
import argparse, concurrent.futures, glob, os, re, shutil, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = os.path.join(ROOT, "src", "TiMix.Protocol")
TESTS = os.path.join(ROOT, "tests", "TiMix.Protocol.Tests")
LIMIT = 5  # times what the simulation takes as it is


def mutations(path):
    """Name, file, old text, new text."""
    for record in re.split(r"^== ", open(path).read(), flags=re.M)[1:]:
        name, *lines = record.rstrip("\n").split("\n")
        file = next(line[5:] for line in lines if line.startswith("file "))
        part = lambda sign: "\n".join(line[2:] for line in lines if line == sign or line.startswith(sign + " "))
        yield name, file, part("-"), part("+")


def mutated(file, old, new):
    """The source with the mistake, or None if the text is not there exactly once."""
    text = open(os.path.join(SOURCES, file)).read()
    return text.replace(old, new) if text.count(old) == 1 else None


class Compiler:
    """The SDK's compiler, asked as the build asks it."""

    def __init__(self):
        sdks = subprocess.run(["dotnet", "--list-sdks"], capture_output=True, text=True, check=True).stdout.split("\n")
        version, place = re.match(r"(\S+) \[(.*)\]", [line for line in sdks if line.startswith("10.")][-1]).groups()
        self.csc = os.path.join(place, version, "Roslyn", "bincore", "csc.dll")
        pack = sorted(glob.glob(os.path.join(os.path.dirname(place), "packs", "Microsoft.NETCore.App.Ref", "10.*")))[-1]
        self.built = os.path.join(TESTS, "bin", "Release", "net10.0")
        self.arguments = ["-nologo", "-nullable:enable", "-optimize+", "-unsafe", "-deterministic", "-target:library", "-nowarn:1591,1573,1587,162,219,169,649,414"]
        self.arguments += ["-r:" + dll for dll in glob.glob(os.path.join(pack, "ref", "net10.0", "*.dll"))]
        self.arguments += ["-a:" + dll for dll in glob.glob(os.path.join(pack, "analyzers", "dotnet", "cs", "*.dll"))]
        self.arguments += ["-r:" + os.path.join(self.built, "TiMix.Base.dll")]
        self.sources = sorted(file for file in glob.glob(os.path.join(SOURCES, "**", "*.cs"), recursive=True) if "/obj/" not in file and "/bin/" not in file)
        # Its version, by which the tests ask for it.
        self.sources += glob.glob(os.path.join(SOURCES, "obj", "Release", "net10.0", "*.AssemblyInfo.cs"))

    def compile(self, directory, file, text):
        """Errors; empty: there are none."""
        usual = os.path.join(directory, "usual.cs")
        with open(usual, "w") as out:
            out.write("".join(f"global using {name};\n" for name in
                              ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks"]))
            out.write('[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("TiMix.Protocol.Tests")]\n')
        sources = list(self.sources)
        if file:
            changed = os.path.join(directory, "mutated.cs")
            open(changed, "w").write(text)
            sources[sources.index(os.path.join(SOURCES, file))] = changed
        response = os.path.join(directory, "compile.rsp")
        open(response, "w").write("\n".join(f'"{line}"' for line in self.arguments + [usual, "-out:" + os.path.join(directory, "TiMix.Protocol.dll")] + sources))
        done = subprocess.run(["dotnet", "exec", self.csc, "-shared", "@" + response], capture_output=True, text=True)
        return "" if done.returncode == 0 else "\n".join(line for line in done.stdout.split("\n") if "error" in line)


SIMULATION = "TiMix.Protocol.Tests.Simulation"
UNIT = "no schedule, but the unit test: "


def run(compiler, directory, schedules, limit):
    """What found the mistake, or None; and the seconds it took. A mistake may also keep a schedule from ever ending. The schedules first, then the unit tests."""
    for name in os.listdir(compiler.built):
        if name != "TiMix.Protocol.dll" and os.path.isfile(os.path.join(compiler.built, name)):
            os.symlink(os.path.join(compiler.built, name), os.path.join(directory, name))
    started = time.monotonic()
    # Copied: the host looks for its neighbours where the file really is.
    for name in ("TiMix.Protocol.Tests.dll",):
        os.remove(os.path.join(directory, name))
        shutil.copy(os.path.join(compiler.built, name), directory)
    def test(*which):
        return subprocess.run(
            ["dotnet", "exec", os.path.join(directory, "TiMix.Protocol.Tests.dll"), *which, "-trait-", "suite=deep", "-stopOnFail", "-parallel", "none", "-noColor"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit, env={**os.environ, "TIMIX_SCHEDULES": str(schedules)})

    try:
        done, by = test("-namespace", SIMULATION), ""
        if done.returncode == 0:
            done, by = test("-namespace-", SIMULATION), UNIT
    except subprocess.TimeoutExpired:
        return "it never ends", time.monotonic() - started
    seconds = time.monotonic() - started
    if done.returncode == 0:
        return None, seconds
    failed = re.search(r"TiMix\.Protocol\.Tests\.(?:\w+\.)*?(\w+\.\w+)[^\n.]*\[FAIL\]", done.stdout)
    if not failed:
        return "UNKNOWN: " + (done.stdout + done.stderr)[-400:].replace("\n", " "), seconds
    if by:
        return by + failed.group(1).split(".")[-1].replace("_", " ").split("(")[0], seconds
    what = re.search(r"\n\s*([^\n]*) \(seed (\d+)\)", done.stdout)
    test = failed.group(1).split(".")[-1].replace("_", " ").split("(")[0]
    return (f"seed {what.group(2)} of: {test}" if what else test), seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("words", nargs="*")
    parser.add_argument("--table")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--schedules", type=int, default=3000)
    parser.add_argument("--findable", action="store_true")
    options = parser.parse_args()
    started = time.monotonic()
    if subprocess.run(["dotnet", "build", "-c", "Release", "-v", "q", "--nologo", TESTS]).returncode != 0:
        return 1
    compiler = Compiler()
    chosen = [m for m in mutations(os.path.join(HERE, "mutations.txt")) if not options.words or any(word in m[0] for word in options.words)]
    reasons = {}
    if os.path.exists(os.path.join(HERE, "unfindable.txt")):
        reasons = dict(line.strip().split(": ", 1) for line in open(os.path.join(HERE, "unfindable.txt")) if ": " in line and not line.startswith("#"))

    if options.findable:
        chosen = [mutation for mutation in chosen if mutation[0] not in reasons]

    def one(mutation, limit):
        name, file, old, new = mutation
        text = mutated(file, old, new) if file else ""
        if text is None:
            return name, file, "STALE: its text is not there exactly once", 0, False
        with tempfile.TemporaryDirectory() as directory:
            if errors := compiler.compile(directory, file, text):
                return name, file, "STALE: it does not compile: " + errors[:300], 0, False
            found, seconds = run(compiler, directory, options.schedules, limit)
        if found is None and name in reasons:
            return name, file, "not found: " + reasons[name], seconds, True
        return name, file, found or "NOT FOUND", seconds, found is not None and not found.startswith("UNKNOWN")

    _, _, found, seconds, _ = one(("nothing is changed", None, "", ""), None)
    if found != "NOT FOUND":
        print(f"The simulation fails although nothing is changed: {found}")
        return 1
    print(f"{'nothing is changed':90} {seconds:6.1f} s", flush=True)
    rows, limit = [], max(60, LIMIT * seconds)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for row in pool.map(lambda mutation: one(mutation, limit), chosen):
            rows.append(row)
            print(f"{row[0]:90} {row[3]:6.1f} s  {row[2]}", flush=True)
    good = sum(row[4] for row in rows)
    named = sum(row[2].startswith("not found") for row in rows)
    units = sum(row[2].startswith(UNIT) for row in rows)
    summary = f"{len(rows)} mutations: {good - named - units} found by schedules, {units} by unit tests alone, {named} not findable and named, {len(rows) - good} not found or stale; {time.monotonic() - started:.0f} s"
    print(summary)
    if options.table:
        with open(options.table, "w") as out:
            out.write("| what is broken | found by | seconds |\n|---|---|---|\n")
            out.writelines(f"| {name} (`{file}`) | {found} | {seconds:.1f} |\n" for name, file, found, seconds, _ in rows)
            out.write(f"\n{summary}\n")
    return 0 if good == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
