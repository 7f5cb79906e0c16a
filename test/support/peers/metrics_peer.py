"""Ranking metrics of other libraries on given lists. Usage: metrics_peer.py TASK.json, where the task has `lists` (item
numbers, best first) and `truths` (sets of items), one each a user, `items` and `cutoffs`. Prints name → value.
"""
import json
import sys

import numpy as np
import scipy.sparse as sps
from implicit.evaluation import ranking_metrics_at_k
from ranx import Qrels, Run, evaluate

with open(sys.argv[1]) as file:
    task = json.load(file)
lists, truths, items = task["lists"], task["truths"], task["items"]


class Given:
    """Recommends the given lists; implicit asks for nothing else."""

    def recommend(self, users, user_items, N=10, **_):
        ids = np.array([lists[user][:N] for user in users], dtype=np.int32)
        return ids, np.tile(-np.arange(ids.shape[1], dtype=np.float32), (len(ids), 1))


def by_implicit(k):
    rows = np.repeat(np.arange(len(truths)), [len(truth) for truth in truths])
    columns = np.concatenate([np.array(truth, dtype=np.int32) for truth in truths])
    shape = (len(truths), items)
    test = sps.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
    found = ranking_metrics_at_k(Given(), sps.csr_matrix(shape), test, K=k, show_progress=False)
    return {f"implicit {name}@{k}": float(found[name]) for name in ("precision", "map", "ndcg")}


def by_ranx(cutoffs):
    qrels = Qrels({f"u{u}": {f"i{item}": 1 for item in truth} for u, truth in enumerate(truths)})
    run = Run({f"u{u}": {f"i{item}": -float(at) for at, item in enumerate(one)} for u, one in enumerate(lists)})
    names = ["map", "mrr"] + [
        f"{name}@{k}" for k in cutoffs for name in ("precision", "recall", "ndcg", "map", "mrr", "hit_rate")
    ]
    return {f"ranx {name}": float(value) for name, value in evaluate(qrels, run, names).items()}


values = by_ranx(task["cutoffs"])
for cutoff in task["cutoffs"]:
    values.update(by_implicit(cutoff))
print(json.dumps(values))
