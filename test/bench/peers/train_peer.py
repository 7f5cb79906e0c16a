"""Trains a peer on a matrix that the bench wrote, and reports the seconds of each epoch.

Usage: train_peer.py TASK.json. The task names the library, the matrix's raw files (starts, indices, plays) and the
settings; factors after the last epoch go to raw float32 files, so that the bench computes everybody's loss itself.
"""
import json
import os
import sys
import time

with open(sys.argv[1]) as file:
    task = json.load(file)
for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["OMP_NUM_THREADS"] = str(task["threads"])

import numpy as np  # noqa: E402
import scipy.sparse as sps  # noqa: E402


def matrix():
    folder = task["folder"]
    starts = np.fromfile(f"{folder}/starts", dtype=np.uint32).astype(np.int32)
    indices = np.fromfile(f"{folder}/indices", dtype=np.int32)
    plays = np.fromfile(f"{folder}/plays", dtype=np.float32)
    return sps.csr_matrix((plays, indices, starts), shape=(task["users"], task["items"]))


def train_implicit(pairs):
    from implicit.cpu.als import AlternatingLeastSquares

    seconds = []
    model = AlternatingLeastSquares(
        factors=task["factors"],
        regularization=task["lambda"],
        alpha=task["alpha"],
        iterations=task["epochs"],
        num_threads=task["threads"],
        random_state=task["seed"],
    )
    model.fit(pairs, show_progress=False, callback=lambda epoch, elapsed, loss: seconds.append(elapsed))
    return seconds, model.user_factors, model.item_factors


def train_irspack(pairs):
    from irspack.recommenders.ials import IALSRecommender

    recommender = IALSRecommender(
        pairs,
        n_components=task["factors"],
        alpha0=task["alpha0"],
        reg=task["lambda"],
        nu=task["nu"],
        n_threads=task["threads"],
        random_seed=task["seed"],
    )
    trainer = recommender._create_trainer()
    seconds = []
    for _ in range(task["epochs"]):
        start = time.perf_counter()
        trainer.run_epoch()
        seconds.append(time.perf_counter() - start)
    return seconds, trainer.core_trainer.user, trainer.core_trainer.item


pairs = matrix()
seconds, users, items = {"implicit": train_implicit, "irspack": train_irspack}[task["library"]](pairs)
np.ascontiguousarray(users, dtype=np.float32).tofile(f"{task['folder']}/users")
np.ascontiguousarray(items, dtype=np.float32).tofile(f"{task['folder']}/items")
print(json.dumps({"seconds": seconds}))
