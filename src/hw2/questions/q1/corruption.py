"""Corrupted images in raw pixels, and how well they are restored."""

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.float32]  # (M, D), in [0, 1] before they are corrupted


def zeroed(images: Images, share: float, seed: int) -> Images:
    """Set each pixel to zero with probability `share`; a larger share takes the same pixels and more."""
    draws = np.random.default_rng(seed).random(images.shape, dtype=np.float32)
    return np.where(draws < share, np.float32(0), images)


def noisy(images: Images, std: float, seed: int) -> Images:
    """Add normal noise of standard deviation `std` to every pixel; values may leave [0, 1]."""
    noise = np.random.default_rng(seed).standard_normal(images.shape, dtype=np.float32)
    return images + np.float32(std) * noise


def known(images: Images) -> NDArray[np.bool_]:
    """Say which pixels are not black: a black one is taken for missing."""
    seen: NDArray[np.bool_] = images != 0
    return seen


def filled(images: Images, mean: Images) -> Images:
    """Put the mean (D,) in the place of the missing pixels."""
    return np.where(known(images), images, mean)


def psnr(restored: Images, clean: Images) -> NDArray[np.float64]:
    """Return the peak signal-to-noise ratio of each image (M,) in dB, for a peak of 1: −10 log₁₀ MSE."""
    errors = ((restored.astype(np.float64) - clean) ** 2).mean(axis=1)
    with np.errstate(divide="ignore"):  # an image that is restored exactly has an infinite ratio
        ratios: NDArray[np.float64] = -10 * np.log10(errors)
    return ratios
