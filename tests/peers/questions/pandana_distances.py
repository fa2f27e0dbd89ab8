"""pandana: the nearest facilities of every node, and residents within distances of it."""

import sys

import numpy as np
import pandana
import pandas as pd

given = np.load(sys.argv[1])
index = pd.Index(np.arange(len(given["x"])))
network = pandana.Network(
    pd.Series(given["x"], index),
    pd.Series(given["y"], index),
    pd.Series(given["source"]),
    pd.Series(given["target"]),
    pd.DataFrame({"metres": given["metres"]}),
    twoway=False,
)
answer = {}
facilities = network.get_node_ids(given["facility_x"], given["facility_y"])
network.set_pois(
    "facilities", float(given["largest"]), int(given["k"]), given["facility_x"], given["facility_y"]
)
found = network.nearest_pois(float(given["largest"]), "facilities", num_pois=int(given["k"]))
answer["nearest"] = found.to_numpy()
answer["facility_node"] = facilities.to_numpy()
network.set(pd.Series(index), pd.Series(given["residents"].astype(float)), name="residents")
answer["residents"] = np.column_stack(
    [
        network.aggregate(float(cutoff), type="sum", decay="flat", name="residents").to_numpy()
        for cutoff in given["cutoffs"]
    ]
)
homes = network.get_node_ids(given["home_x"], given["home_y"]).to_numpy()
answer["home_nearest"] = found.loc[homes].to_numpy()
answer["home_node"] = homes
np.savez(sys.argv[2], **answer)
