"""Fits Python's LightFM on a matrix that the bench wrote, once a seed, and reports the seconds of each fit.

Usage: lightfm_peer.py TASK.json. The task names the folder of the matrix's raw files (starts, indices), the shape, the
options under LightFM's names, epochs, threads and seeds; embeddings with their bias as the last column go to the raw
float32 files users-SEED and items-SEED.
"""
import json
import os
import sys
import time

with open(sys.argv[1]) as file:
    task = json.load(file)
os.environ["OMP_NUM_THREADS"] = str(task["threads"])

import numpy as np  # noqa: E402
import scipy.sparse as sps  # noqa: E402
from lightfm import LightFM  # noqa: E402

folder = task["folder"]
starts = np.fromfile(f"{folder}/starts", dtype=np.uint32).astype(np.int32)
indices = np.fromfile(f"{folder}/indices", dtype=np.int32)
likes = np.ones(len(indices), dtype=np.float32)
pairs = sps.csr_matrix((likes, indices, starts), shape=(task["users"], task["items"])).tocoo()


def write(name, embeddings, biases):
    np.hstack([embeddings, biases[:, None]]).astype(np.float32).tofile(f"{folder}/{name}")


seconds = []
for seed in task["seeds"]:
    model = LightFM(random_state=seed, **task["options"])
    start = time.perf_counter()
    model.fit(pairs, epochs=task["epochs"], num_threads=task["threads"])
    seconds.append(time.perf_counter() - start)
    write(f"users-{seed}", model.user_embeddings, model.user_biases)
    write(f"items-{seed}", model.item_embeddings, model.item_biases)
print(json.dumps({"seconds": seconds}))
