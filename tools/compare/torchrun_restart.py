#!/usr/bin/env python3
"""The same fault under torchrun: a worker is killed, all are restarted, each reloads the checkpoint of the last step.

Usage: torchrun_restart.py KILLS      prints median and worst time from the kill to the next completed step.
Needs Debian's python3-torch. It starts `python3 -m torch.distributed.run --max-restarts` with two workers of this file.
"""
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

EVERY = 8


def work(directory: pathlib.Path, kills: int) -> None:
    import torch
    import torch.distributed as dist

    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    torch.manual_seed(1)
    model = torch.nn.Sequential(*[layer for _ in range(6) for layer in (torch.nn.Linear(512, 512), torch.nn.GELU())])
    optimizer = torch.optim.AdamW(model.parameters())
    checkpoint = directory / "checkpoint.pt"
    step = 0
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        step = saved["step"]
    events = (directory / "events.jsonl").open("a", buffering=1)
    while step < EVERY * (kills + 1):
        if rank == 1 and step > 0 and step % EVERY == 0 and not (directory / f"killed-{step}").exists():
            (directory / f"killed-{step}").touch()
            events.write(json.dumps({"kill": step, "at": time.time()}) + "\n")
            os.kill(os.getpid(), signal.SIGKILL)
        model(torch.randn(1024, 512)).square().mean().backward()
        for parameter in model.parameters():
            dist.all_reduce(parameter.grad)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        if rank == 0:
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}, directory / "checkpoint.tmp")
            os.replace(directory / "checkpoint.tmp", checkpoint)
            events.write(json.dumps({"step": step, "at": time.time()}) + "\n")
        dist.barrier()


def main() -> None:
    kills = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(
            [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", f"--max_restarts={kills + 1}", "--monitor_interval=0.1", __file__, "--worker", directory, str(kills)],
            check=True, stderr=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"})
        events = [json.loads(line) for line in (pathlib.Path(directory) / "events.jsonl").open()]
        times = [
            1000 * (next(other["at"] for other in events if other.get("step", 0) > event["kill"] and other["at"] > event["at"]) - event["at"])
            for event in events if "kill" in event]
        print(f"torchrun --max-restarts: kill to next completed step, ms: median {statistics.median(times):.0f}, worst {max(times):.0f}, of {len(times)}")


if sys.argv[1] == "--worker":
    work(pathlib.Path(sys.argv[2]), int(sys.argv[3]))
else:
    main()
