"""Drawn stand-ins for the course's data: portraits, garments, wrong labels.

Everything is a pure function of its arguments, the seed among them.
"""

from hw2.data.synthetic.faces import faces
from hw2.data.synthetic.garment_shapes import CLASS_NAMES
from hw2.data.synthetic.garments import garments, mislabelled_garments
from hw2.data.synthetic.label_noise import mislabel

__all__ = ["CLASS_NAMES", "faces", "garments", "mislabel", "mislabelled_garments"]
