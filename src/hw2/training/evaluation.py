"""What a trained network gives for inputs, from its weights alone."""

import numpy as np
import torch
from numpy.typing import NDArray

from hw2.networks.batches import Examples, Tensors, tensor, whole
from hw2.networks.losses import LOSSES, Loss, Means, sums
from hw2.networks.stacked_mlp import StackedMLP, Weights
from hw2.training.results import Evaluation


@torch.inference_mode()
def evaluation(model: StackedMLP, data: Tensors, loss: Loss) -> Means:
    """Judge all members of a stack on the same examples."""
    batches = (whole(data, rows, model.members) for rows in model.chunks(len(data)))
    found = sums([LOSSES[loss](model.forward(batch.inputs), batch).shown for batch in batches])
    return found.means


def evaluate(weights: Weights, examples: Examples, loss: Loss = "cross_entropy") -> Evaluation:
    """Judge one network on examples."""
    model = StackedMLP.of([weights])
    means = evaluation(model, Tensors.on(model.device, examples), loss)
    return Evaluation(means.loss.item(), None if loss == "squared_error" else means.accuracy.item())


@torch.inference_mode()
def outputs(weights: Weights, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the outputs (N, out) of one network: logits, or an autoencoder's reconstructions."""
    model = StackedMLP.of([weights])
    rows_in = tensor(inputs, np.float32, model.device)
    chunks = [model.forward(rows_in[rows])[0] for rows in model.chunks(len(rows_in))]
    array: NDArray[np.float32] = torch.cat(chunks).numpy()
    return array


def predict(weights: Weights, inputs: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the class (N,) with the largest logit for each input."""
    classes: NDArray[np.int64] = outputs(weights, inputs).argmax(1)
    return classes
