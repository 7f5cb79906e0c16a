"""Top N of all users by implicit's `recommend` on given factors; reports users a second.

Usage: recommend_peer.py TASK.json. The task names the raw files (users, items, starts, indices), the shape, n, threads.
"""
import json
import os
import sys
import time

with open(sys.argv[1]) as file:
    task = json.load(file)
# implicit multiplies by BLAS and selects by its own threads, one after the other.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(task["threads"])

import numpy as np  # noqa: E402
import scipy.sparse as sps  # noqa: E402
from implicit.cpu.matrix_factorization_base import MatrixFactorizationBase  # noqa: E402


class Given(MatrixFactorizationBase):
    def fit(self, user_items, show_progress=True, callback=None):
        raise NotImplementedError

    def save(self, fileobj_or_path):
        raise NotImplementedError


folder = task["folder"]
users, items, factors = task["users"], task["items"], task["factors"]
starts = np.fromfile(f"{folder}/starts", dtype=np.uint32).astype(np.int32)
indices = np.fromfile(f"{folder}/indices", dtype=np.int32)
known = sps.csr_matrix((np.ones(len(indices), dtype=np.float32), indices, starts), shape=(users, items))
model = Given(num_threads=task["threads"])
model.user_factors = np.fromfile(f"{folder}/users", dtype=np.float32).reshape(users, factors)
model.item_factors = np.fromfile(f"{folder}/items", dtype=np.float32).reshape(items, factors)
everybody = np.arange(users)
model.recommend(everybody[:1000], known[:1000], N=task["n"])
start = time.perf_counter()
model.recommend(everybody, known, N=task["n"])
print(json.dumps({"usersPerSecond": users / (time.perf_counter() - start)}))
