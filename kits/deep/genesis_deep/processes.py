"""One process, or several started by torchrun: who this one is, and how values are summed over all."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

import torch
import torch.distributed as dist

from .errors import Refused


@dataclass(frozen=True)
class Processes:
    """Rank 0 alone writes files and speaks."""

    rank: int
    world: int
    device: torch.device

    @property
    def first(self) -> bool:
        return self.rank == 0

    def sum_gradients(self, parameters: list[torch.nn.Parameter], loss: torch.Tensor) -> torch.Tensor:
        """Adds each gradient over all processes, in one flat buffer, and the loss ([1]), which is returned.

        One buffer of one fixed order makes the sum the same whether the run was resumed or not; torch's DistributedDataParallel
        regroups its buckets after the first step, which changes the order of summation with three or more processes.
        """
        if self.world == 1:
            return loss
        parts = [p.grad.reshape(-1) if p.grad is not None else torch.zeros(p.numel(), device=p.device) for p in parameters]
        flat = torch.cat([*parts, loss])
        dist.all_reduce(flat)
        at = 0
        for parameter in parameters:
            parameter.grad = flat[at : at + parameter.numel()].view_as(parameter).clone()
            at += parameter.numel()
        return flat[at:]

    def agree(self, value: float) -> float:
        """The first process's value, on every process."""
        if self.world == 1:
            return value
        told = torch.tensor([value], dtype=torch.float64, device=self.device)
        dist.broadcast(told, 0)
        return float(told.item())

    def wait(self) -> None:
        if self.world > 1:
            dist.barrier()

    def close(self) -> None:
        if self.world > 1:
            dist.destroy_process_group()


def gpus_given() -> int:
    """How many GPUs the platform gave to this job; 0 outside it, where those that torch sees are used."""
    return int(os.environ.get("GENESIS_GPUS") or "0")


def assert_gpus_usable() -> None:
    """A GPU that was asked for and paid is used or told: nothing goes on quietly on the CPU."""
    given = gpus_given()
    if given == 0 or (torch.cuda.is_available() and torch.cuda.device_count() >= given):
        return
    if torch.version.cuda is None:
        why = f"PyTorch {torch.__version__} is a build for CPUs; the kit's requirements-gpu.txt names one for GPUs"
    else:
        try:
            torch.cuda.init()
            why = f"PyTorch sees {torch.cuda.device_count()}"
        except (AssertionError, RuntimeError) as error:
            why = str(error).splitlines()[0]
    raise Refused("resources.gpus", f"{given} given, and not usable: {why}")


def command_over_gpus(module: str) -> list[str] | None:
    """How torchrun starts a module with a process for each GPU; None where there are not several, or it is done already."""
    given = gpus_given()
    if given < 2 or "WORLD_SIZE" in os.environ:
        return None
    return [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(given), "-m", module]


def join(threads: int) -> Processes:
    """Joins the group torchrun made (gloo on CPU, nccl on GPU), or is alone. Fixes threads and deterministic algorithms.

    `threads` is the total of a machine's processes, so that the sum of work per machine stays what was asked.
    Raises Refused where a GPU was given that torch cannot use.
    """
    assert_gpus_usable()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    world = int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_WORLD_SIZE", str(world)))
    rank = int(os.environ.get("RANK", "0"))
    torch.set_num_threads(max(1, threads // max(1, local)))
    torch.use_deterministic_algorithms(True)
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
        torch.backends.cudnn.benchmark = False
    if world > 1:
        dist.init_process_group("nccl" if cuda else "gloo")
    return Processes(rank, world, device)
