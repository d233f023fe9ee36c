"""The training loop: members one after the other, steps counted, checkpoints at a cadence of steps, resumed to the same bytes."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .checkpoint import newest, save_checkpoint
from .errors import Refused
from .order import Order, seed_step, share
from .processes import Processes
from .settings import Settings
from .state import Progress, Tensors, copy_of, named, optimiser_tensors, restore_optimiser, under
from .tracking import Tracker

WARM_UP = 0.05
CLIP = 1.0
CHECKPOINT_FOLDERS = (Path("checkpoint"), Path("inputs/checkpoint"))
"""Where checkpoints are written and looked for, and where the platform lays those of an earlier attempt."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def rate_at(settings: Settings, step: int) -> float:
    """The learning rate of a step: a linear warm-up over the first twentieth, then half a cosine to nothing."""
    warm = max(1, int(settings.steps * WARM_UP))
    if step < warm:
        return settings.learningRate * (step + 1) / warm
    return settings.learningRate * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, settings.steps - warm)))


def precision_of(settings: Settings, device: torch.device) -> torch.dtype:
    """Mixed precision is for a GPU; on a CPU everything is float32, so that a run repeats to the byte."""
    if device.type != "cuda" or settings.precision == "float32":
        return torch.float32
    if settings.precision == "float16" or (settings.precision == "auto" and not torch.cuda.is_bf16_supported()):
        return torch.float16
    return torch.bfloat16


@torch.no_grad()
def mean_loss(member: nn.Module, x: torch.Tensor, y: torch.Tensor, device: torch.device, batch: int = 1024) -> float:
    """The mean loss over rows, in evaluation mode; the module is left in training mode."""
    member.eval()
    total = 0.0
    for start in range(0, len(x), batch):
        total += float(member.loss(x[start : start + batch].to(device), y[start : start + batch].to(device)).double().sum())
    member.train()
    return total / len(x)


class Training:
    """Trains `settings.members` networks made by `make(member)`, each a module with `loss(x, y)` giving one loss for each row."""

    def __init__(
        self, make: Callable[[int], nn.Module], rows: tuple[torch.Tensor, torch.Tensor], validation: tuple[torch.Tensor, torch.Tensor],
        settings: Settings, processes: Processes, fingerprint: str, tracker: Tracker,
        folders: tuple[Path, ...] = CHECKPOINT_FOLDERS,
    ) -> None:
        self.make, self.settings, self.processes, self.tracker = make, settings, processes, tracker
        self.x, self.y = rows
        self.validation = validation
        self.fingerprint, self.folders = fingerprint, folders
        self.device = processes.device
        self.precision = precision_of(settings, self.device)
        self.scaled = self.precision == torch.float16
        self.done: list[Tensors] = []
        self.best: Tensors = {}
        self.samples = 0
        self.seconds = 0.0

    def _start_member(self) -> None:
        seed_step(self.settings.seed, self.progress.member, -1, 0)
        self.member = self.make(self.progress.member).to(self.device).train()
        self.parameters = [p for p in self.member.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(self.parameters, lr=self.settings.learningRate, weight_decay=self.settings.weightDecay)
        self.scaler = torch.amp.GradScaler("cuda", enabled=self.scaled)
        self.order = Order(len(self.x), self.settings.batch, self.settings.seed, self.progress.member)

    def _resume(self) -> None:
        self.progress = Progress()
        found = newest(list(self.folders), say if self.processes.first else lambda _text: None, lambda state: state.get("fingerprint") == self.fingerprint)
        if found is None:
            self._start_member()
            return
        tensors, state = found
        self.progress = Progress.of(state)
        self.done = [under(f"done.{number}", tensors) for number in range(self.progress.member)]
        if self.progress.member < self.settings.members:
            self._start_member()
            self.member.load_state_dict(under("now", tensors))
            restore_optimiser(self.optimiser, under("optimiser", tensors))
            if self.scaled:
                self.scaler.load_state_dict(self.progress.scaler)
            self.best = under("best", tensors)
        if self.processes.first:
            place = f"member {self.progress.member + 1} of {self.settings.members}, step {self.progress.step} of {self.settings.steps}"
            say(f"resumed: {place if self.progress.member < self.settings.members else 'after the last step'}")

    def _checkpoint(self) -> None:
        """Metric points begin to go out; the checkpoint keeps those that have not gone out yet, so that none is lost."""
        if not self.processes.first:
            return
        self.tracker.send()
        now = self.progress.member < self.settings.members
        if now and self.scaled:
            self.progress.scaler = self.scaler.state_dict()
        self.progress.tracking = self.tracker.state()
        tensors: Tensors = {}
        for number, weights in enumerate(self.done):
            tensors |= named(f"done.{number}", weights)
        if now:
            tensors |= named("now", copy_of(self.member)) | named("optimiser", optimiser_tensors(self.optimiser)) | named("best", self.best)
        total = self.progress.member * self.settings.steps + self.progress.step
        epoch, place = divmod(self.progress.step, self.order.per_epoch) if now else (0, 0)
        state = {"fingerprint": self.fingerprint, "progress": asdict(self.progress), "epoch": epoch, "stepInEpoch": place, "processes": self.processes.world}
        save_checkpoint(self.folders[0], total, tensors, state)

    def _step(self) -> float:
        """One optimiser step over the whole batch of all processes; the batch's mean loss."""
        settings, step = self.settings, self.progress.step
        seed_step(settings.seed, self.progress.member, step, self.processes.rank)
        batch = self.order.rows_of(step)
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(settings, step)
        self.optimiser.zero_grad(set_to_none=True)
        total = torch.zeros(1, device=self.device)
        for part in share(batch, self.processes.rank, self.processes.world, settings.accumulate):
            places = torch.from_numpy(part)
            x, y = self.x[places].to(self.device, non_blocking=True), self.y[places].to(self.device, non_blocking=True)
            with torch.autocast(self.device.type, dtype=self.precision, enabled=self.precision != torch.float32):
                loss = self.member.loss(x, y).sum() / len(batch)
            self.scaler.scale(loss).backward()
            total += loss.detach()
        total = self.processes.sum_gradients(self.parameters, total)
        self.scaler.unscale_(self.optimiser)
        torch.nn.utils.clip_grad_norm_(self.parameters, CLIP)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        return float(total)

    def _look(self) -> None:
        """Measures the validation rows, keeps the best weights, and tells."""
        progress = self.progress
        loss = self.processes.agree(mean_loss(self.member, *self.validation, self.device))
        if not math.isfinite(loss):
            raise Refused("learningRate", f"the loss is no number at step {progress.step}; use a smaller one")
        if progress.best is None or loss < progress.best:
            progress.best, progress.best_step, self.best = loss, progress.step, copy_of(self.member)
        if self.processes.first:
            trained = progress.loss_sum / max(1, progress.loss_steps)
            name, at = f"member{progress.member}", progress.step
            self.tracker.metric(f"{name}.train_loss", trained, at)
            self.tracker.metric(f"{name}.validation_loss", loss, at)
            self.tracker.metric(f"{name}.learning_rate", rate_at(self.settings, at - 1), at)
            speed = self.samples / self.seconds if self.seconds else 0.0
            say(f"member {progress.member + 1}/{self.settings.members} step {at}/{self.settings.steps} loss {trained:.4f} validation {loss:.4f} {speed:.0f} samples/s")
        progress.loss_sum, progress.loss_steps = 0.0, 0

    def run(self) -> list[nn.Module]:
        """The trained members, each with its best weights on the validation rows; on the device, in evaluation mode."""
        settings = self.settings
        self._resume()
        self.tracker.start(self.progress.tracking)
        while self.progress.member < settings.members:
            while self.progress.step < settings.steps:
                began = time.perf_counter()
                self.progress.loss_sum += self._step()
                self.seconds += time.perf_counter() - began
                self.samples += self.order.batch
                self.progress.loss_steps += 1
                self.progress.step += 1
                if self.progress.step % settings.validateSteps == 0 or self.progress.step == settings.steps:
                    self._look()
                if self.progress.step % settings.checkpointSteps == 0 and self.progress.step < settings.steps:
                    self._checkpoint()
            self.done.append(self.best)
            self.progress = Progress(member=self.progress.member + 1)
            self.best = {}
            if self.progress.member < settings.members:
                self._start_member()
            self._checkpoint()
        self.tracker.send()
        members = []
        for number, weights in enumerate(self.done):
            seed_step(settings.seed, number, -1, 0)
            member = self.make(number).to(self.device)
            member.load_state_dict(weights)
            members.append(member.eval())
        return members


def throughput(training: Training, seconds: float = 2.0) -> dict[str, Any]:
    """Samples a second of the loop just run, and of a bare loop of the same network, batches and precision (no checkpoints, no tracking)."""
    settings, device = training.settings, training.device
    seed_step(settings.seed, 0, -1, 0)
    member = training.make(0).to(device).train()
    parameters = list(member.parameters())
    optimiser = torch.optim.AdamW(parameters, lr=settings.learningRate, weight_decay=settings.weightDecay)
    scaler = torch.amp.GradScaler("cuda", enabled=training.scaled)
    batch = min(settings.batch, len(training.x))
    began, steps, spent = 0.0, -3, 0.0
    while spent < seconds and steps < 2000:
        if steps == 0:
            began = time.perf_counter()
        start = (max(steps, 0) * batch) % (len(training.x) - batch + 1)
        x, y = training.x[start : start + batch].to(device), training.y[start : start + batch].to(device)
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast(device.type, dtype=training.precision, enabled=training.precision != torch.float32):
            loss = member.loss(x, y).mean()
        scaler.scale(loss).backward()
        scaler.unscale_(optimiser)
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        scaler.step(optimiser)
        scaler.update()
        float(loss.detach())
        steps += 1
        spent = time.perf_counter() - began if steps > 0 else 0.0
    bare = steps * batch / spent
    loop = training.samples / training.seconds if training.seconds else None
    device_name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"cpu, {torch.get_num_threads()} threads"
    return {"device": device_name, "precision": str(training.precision).removeprefix("torch."), "samplesPerSecond": loop, "bareSamplesPerSecond": bare}
