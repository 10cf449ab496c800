"""Colour as eyes see it: CIE lightness and distance, WCAG contrast, two kinds of colour blindness simulated."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
"""Matrices on linear RGB of Machado, Oliveira and Fernandes 2009, at full severity."""


def linear(rgb: Floats) -> Floats:
    """Return linear light 0..1 of sRGB 0..255."""
    parts = np.asarray(rgb, dtype=np.float64) / 255
    found: Floats = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return found


def lab(rgb: Floats, blindness: str = "none") -> Floats:
    """Return CIE L*a*b* (D65) of (n, 3) sRGB 0..255 as eyes with a blindness see it."""
    seen = np.clip(linear(rgb) @ BLINDNESS[blindness].T, 0.0, 1.0)
    t = seen @ _XYZ.T / _WHITE
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    found: Floats = np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
    return found


def steps(rgb: Floats, blindness: str = "none") -> Floats:
    """Return the CIE76 distances between neighbours of a ramp; 2.3 is about what an eye just notices."""
    found: Floats = np.linalg.norm(np.diff(lab(rgb, blindness), axis=0), axis=1)
    return found


def contrast(first: Floats, second: Floats) -> float:
    """Return the WCAG contrast ratio of two sRGB colours."""
    dark, light = sorted(float(linear(rgb) @ _XYZ[1]) for rgb in (first, second))
    return (light + 0.05) / (dark + 0.05)
