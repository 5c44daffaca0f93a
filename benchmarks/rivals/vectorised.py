"""`torch.func.vmap` over networks of one architecture, as torch's own examples of ensembles have it.

https://docs.pytorch.org/tutorials/intermediate/ensembling.html
"""

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, stack_module_state, vmap

from benchmarks.rivals.loops import is_classifier, network, objective, optimiser_of, tensors
from benchmarks.workloads import Workload
from hw2.training.settings import Settings

Parameters = dict[str, Tensor]
Loss = Callable[[Parameters, Tensor, Tensor], tuple[Tensor, Tensor]]


def vmap_loop(workload: Workload, members: int, device: torch.device) -> float:
    """Train some networks, each on batches of its own."""
    settings = workload.settings
    models = [network(each).to(device) for each in workload.members(members)]
    stacked, _ = stack_module_state(models)
    parameters = {name: parameter.detach() for name, parameter in stacked.items()}  # (K, …)
    optimiser = optimiser_of(parameters.values(), settings)
    gradients = vmap(grad_and_value(_loss(settings, models[0]), has_aux=True))
    inputs, targets = (tensor.to(device) for tensor in tensors(workload))
    started = time.perf_counter()
    for _ in range(settings.epochs):
        total, correct = torch.zeros(2, members, device=device)
        for rows in _orders(members, len(inputs), device).split(settings.batch_size, dim=1):
            found, (losses, hits) = gradients(parameters, inputs[rows], targets[rows])
            for name, parameter in parameters.items():
                parameter.grad = found[name]
            optimiser.step()
            total += losses * rows.shape[1]
            correct += hits
        total.tolist(), correct.tolist()
    return (time.perf_counter() - started) / settings.epochs / members


def _loss(settings: Settings, skeleton: nn.Module) -> Loss:
    """Return the function of one network's parameters and batch that `vmap` turns into one of K."""
    loss_of = objective(settings)

    def loss(parameters: Parameters, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        outputs = functional_call(skeleton, parameters, (inputs,))
        value = loss_of(outputs, targets)
        hits = (outputs.argmax(1) == targets).sum() if is_classifier(settings) else value.new_zeros(())
        return value, hits

    return loss


def _orders(members: int, examples: int, device: torch.device) -> Tensor:
    """Shuffle the examples for each member (K, N)."""
    return torch.stack([torch.randperm(examples, device=device) for _ in range(members)])
