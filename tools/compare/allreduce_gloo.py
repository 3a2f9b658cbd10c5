"""The same all-reduce by torch.distributed's Gloo: allreduce_gloo.py MEMBERS MB. Median of 15 rounds after warm-up, one thread a process."""
import os
import statistics
import sys
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
import torch
import torch.distributed as dist

WARMUP, ROUNDS = 5, 15


def member(rank, members, megabytes, rendezvous):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method="file://" + rendezvous, rank=rank, world_size=members)
    vector = torch.empty(int(megabytes * 1e6 / 4), dtype=torch.float32)
    times = []
    for i in range(WARMUP + ROUNDS):
        vector.fill_(rank + 1.0)
        dist.barrier()
        start = time.perf_counter()
        dist.all_reduce(vector)
        if i >= WARMUP:
            times.append((time.perf_counter() - start) * 1e3)
    assert bool((vector == members * (members + 1) / 2).all()), "the sum is wrong"
    if rank == 0:
        print(f"{statistics.median(times):.2f} ms median, {min(times):.2f} best ({members} members, {megabytes:g} MB, gloo)")
    dist.barrier()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: allreduce_gloo.py MEMBERS MB")
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(member, (int(sys.argv[1]), float(sys.argv[2]), folder + "/rendezvous"), nprocs=int(sys.argv[1]))
