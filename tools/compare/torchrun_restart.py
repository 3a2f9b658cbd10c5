#!/usr/bin/env python3
"""Recovery of `torchrun --max-restarts` from the same fault: kill -9 of one of two workers.

Usage: torchrun_restart.py KILLS
Each worker trains the plain contrastive step of plain_step.py's model on half of a batch of 128, with DistributedDataParallel
over Gloo and one thread; rank 0 saves a checkpoint after every step, and a restarted worker loads it. Prints the median and
the worst time from a kill to the end of the next new step. Needs Debian's python3-torch.
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

STEPS_BETWEEN_KILLS = 8


def worker(folder):
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    import torch
    import torch.distributed as dist
    import torch.nn.functional as F
    from torch.nn.parallel import DistributedDataParallel

    torch.set_num_threads(1)
    torch.manual_seed(1)
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    (folder / f"pid-{rank}").write_text(str(os.getpid()))
    layer = lambda: torch.nn.TransformerEncoderLayer(128, 4, 512, 0.0, "gelu", batch_first=True, norm_first=True)
    model = torch.nn.ModuleDict({
        "patch": torch.nn.Linear(192, 128), "vision": torch.nn.TransformerEncoder(layer(), 4),
        "words": torch.nn.Embedding(466, 128), "text": torch.nn.TransformerEncoder(layer(), 4)})

    class Loss(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = model

        def forward(self, pixels, tokens):
            image = F.normalize(self.parts["vision"](self.parts["patch"](pixels))[:, 0], dim=1)
            text = F.normalize(self.parts["text"](self.parts["words"](tokens))[:, 0], dim=1)
            logits = image @ text.t() / 0.07
            own = torch.arange(len(logits))
            return (F.cross_entropy(logits, own) + F.cross_entropy(logits.t(), own)) / 2

    loss = DistributedDataParallel(Loss())
    optimizer = torch.optim.AdamW(loss.parameters(), lr=1e-3)
    step, checkpoint = 0, folder / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        loss.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        step = saved["step"]
    pixels, tokens = torch.randn(64, 65, 192), torch.randint(5, 466, (64, 20))
    while True:
        optimizer.zero_grad()
        loss(pixels, tokens).backward()
        optimizer.step()
        step += 1
        if rank == 0:
            torch.save({"model": loss.state_dict(), "optimizer": optimizer.state_dict(), "step": step}, folder / "checkpoint.new")
            os.replace(folder / "checkpoint.new", checkpoint)
            with (folder / "steps").open("a") as steps:
                steps.write(json.dumps([step, time.time()]) + "\n")


def steps_of(folder):
    file = folder / "steps"
    return [json.loads(line) for line in file.read_text().split("\n")[:-1]] if file.exists() else []


def wait_for(folder, step):
    while True:
        for number, at in steps_of(folder):
            if number >= step:
                return number, at
        time.sleep(0.01)


def main(kills):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        # torch 1.13 with Python 3.11 does not survive its own defaults for redirects and tee.
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "--max_restarts=1000",
                   "--redirects=1", "--tee=1", f"--log_dir={name}/logs", __file__, "--worker", name]
        run = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            recoveries = []
            for _ in range(kills):
                done = max([number for number, _ in steps_of(folder)], default=0)
                wait_for(folder, done + STEPS_BETWEEN_KILLS)
                last = steps_of(folder)[-1][0]
                killed = time.time()
                os.kill(int((folder / "pid-1").read_text()), signal.SIGKILL)
                # A step that was under way may still be written down; one more than that is new.
                recoveries.append(wait_for(folder, last + 2)[1] - killed)
            times = [at for _, at in steps_of(folder)]
            print(f"torchrun: median step {1000 * statistics.median(b - a for a, b in zip(times, times[1:])):.0f} ms; kill to the next new step: "
                  f"median {1000 * statistics.median(recoveries):.0f} ms, worst {1000 * max(recoveries):.0f} ms of {len(recoveries)}")
        finally:
            os.killpg(run.pid, signal.SIGKILL)


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--worker":
        worker(pathlib.Path(sys.argv[2]))
    elif len(sys.argv) == 2 and sys.argv[1].isdigit():
        main(int(sys.argv[1]))
    else:
        sys.exit(__doc__)
