"""Stacks of networks of one shape: layers, batches, losses, gradients, optimisers."""
