"""PySAL access: two-step floating catchments, plain and in zones, from a table of distances."""

import sys

import numpy as np
import pandas as pd
from access import fca, weights

given = np.load(sys.argv[1])
costs = pd.DataFrame({name: given[name] for name in ("origin", "dest", "cost")})
demand = pd.DataFrame({"demand": given["demand"]}, index=np.arange(len(given["demand"])))
supply = pd.DataFrame({"supply": given["supply"]}, index=np.arange(len(given["supply"])))
demand.index.name = supply.index.name = "geoid"
zones = dict(zip(given["zone_end"].tolist(), given["zone_weight"].tolist(), strict=True))
answer = {}
for name, weight in (("plain", None), ("zones", weights.step_fn(zones))):
    found = fca.two_stage_fca(
        demand,
        supply,
        costs,
        max_cost=float(given["reach"]),
        weight_fn=weight,
    )
    answer[name] = found.reindex(demand.index).fillna(0.0).to_numpy()
np.savez(sys.argv[2], **answer)
