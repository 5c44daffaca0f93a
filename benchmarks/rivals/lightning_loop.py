"""PyTorch Lightning at its fastest, where it is installed: a bare Trainer without logs and checkpoints."""

import logging
import time
import warnings

import lightning
import torch
from torch import Tensor, optim
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.rivals.loops import is_classifier, network, objective, optimiser_of, tensors
from benchmarks.workloads import Workload
from hw2.training.settings import Settings


class Network(lightning.LightningModule):
    """A network with its loss and optimiser; it takes the time from the first batch to the last."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.model = network(settings)
        self.loss_of = objective(settings)
        self.seconds = 0.0

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Return the loss of a batch."""
        inputs, targets = batch
        outputs = self.model(inputs)
        loss = self.loss_of(outputs, targets)
        self.total += loss.detach() * len(inputs)
        if is_classifier(self.settings):
            self.correct += (outputs.detach().argmax(1) == targets).sum()
        return loss

    def configure_optimizers(self) -> optim.Optimizer:
        """Return torch's optimiser."""
        return optimiser_of(self.model.parameters(), self.settings)

    def on_train_start(self) -> None:
        """Start the clock."""
        self.started = time.perf_counter()

    def on_train_epoch_start(self) -> None:
        """Begin to add up."""
        self.total, self.correct = torch.zeros(2, device=self.device)

    def on_train_epoch_end(self) -> None:
        """Bring the sums to the host."""
        self.total.item(), self.correct.item()
        self.seconds = time.perf_counter() - self.started


def lightning_loop(workload: Workload, device: torch.device) -> float:
    """Train with a DataLoader over a TensorDataset."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    settings = workload.settings
    model = Network(settings)
    loader = DataLoader(TensorDataset(*tensors(workload)), batch_size=settings.batch_size, shuffle=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice about worker processes, which are slower here
        trainer = lightning.Trainer(
            max_epochs=settings.epochs,
            accelerator="gpu" if device.type == "cuda" else "cpu",
            devices=1,
            barebones=True,
        )
        trainer.fit(model, loader)
    return model.seconds / settings.epochs
