"""PySAL esda: the local G* of each cell, for several classes."""

import sys

import numpy as np
from esda.getisord import G_Local
from libpysal.weights import DistanceBand

given = np.load(sys.argv[1])
weights = DistanceBand(given["middles"], float(given["band"]), binary=True, silence_warnings=True)
scores = [
    G_Local(counts, weights, transform="B", star=True, permutations=0).Zs
    for counts in given["counts"]
]
np.savez(sys.argv[2], scores=np.array(scores))
