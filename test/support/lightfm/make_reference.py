"""What Python's LightFM (rectools-lightfm 1.17.3, the kept fork of 1.17) learns on small random data, for every loss,
schedule and kind of input; the unit tests compare with it. Usage: make_reference.py > reference.json
"""
import json

import numpy as np
import scipy.sparse as sps
from lightfm import LightFM
from lightfm.evaluation import auc_score

USERS, ITEMS = 30, 40
draw = np.random.RandomState(7)


def sparse(rows, columns, density, low=None):
    mask = draw.rand(rows, columns) < density
    values = np.ones((rows, columns)) if low is None else np.round(low + (1 - low) * draw.rand(rows, columns), 3)
    return sps.csr_matrix(np.where(mask, values, 0).astype(np.float32))


def as_json(matrix):
    return {
        "rows": matrix.shape[0],
        "columns": matrix.shape[1],
        "starts": matrix.indptr.tolist(),
        "indices": matrix.indices.tolist(),
        "values": [round(float(value), 3) for value in matrix.data],
    }


def rounded(array):
    return [float(f"{value:.6g}") for value in np.ravel(array)]


likes = sparse(USERS, ITEMS, 0.2)
signs = likes.copy()
signs.data[draw.rand(signs.nnz) < 0.4] = -1
weights = likes.copy()
weights.data = np.round(0.2 + 2 * draw.rand(weights.nnz), 3).astype(np.float32)
user_features = sps.hstack([sps.identity(USERS), sparse(USERS, 4, 0.4, 0.2)], format="csr").astype(np.float32)
item_features = sparse(ITEMS, 9, 0.4, 0.2)
test = sparse(USERS, ITEMS, 0.1)
test = test - test.multiply(likes)
test.eliminate_zeros()
test = test.tocsr()

CASES = [
    {"name": f"{loss}, {schedule}", "options": {"loss": loss, "learning_schedule": schedule}}
    for loss in ("logistic", "bpr", "warp", "warp-kos")
    for schedule in ("adagrad", "adadelta")
]
CASES += [
    {"name": f"{loss}, features", "options": {"loss": loss}, "features": True}
    for loss in ("logistic", "bpr", "warp", "warp-kos")
]
CASES += [
    {"name": f"{loss}, sample weights", "options": {"loss": loss}, "weighted": True}
    for loss in ("logistic", "bpr", "warp")
]
CASES += [
    {"name": f"{loss}, regularised", "options": {"loss": loss, "item_alpha": 1e-3, "user_alpha": 2e-4}}
    for loss in ("logistic", "bpr", "warp", "warp-kos")
]
CASES += [
    {
        "name": "warp, adadelta, regularised, features",
        "options": {"loss": "warp", "learning_schedule": "adadelta", "item_alpha": 1e-4, "rho": 0.9},
        "features": True,
    },
    {"name": "logistic, one side regularised", "options": {"loss": "logistic", "item_alpha": 1e-2}},
    {"name": "warp, few tries", "options": {"loss": "warp", "max_sampled": 2, "learning_rate": 0.1}},
    {"name": "k-OS, second of three", "options": {"loss": "warp-kos", "k": 2, "n": 3}},
]

for case in CASES:
    case["options"] = {"no_components": 6, "random_state": 42, **case["options"]}
    data = signs if case["options"]["loss"] == "logistic" else likes
    features = {"user_features": user_features, "item_features": item_features} if case.get("features") else {}
    weighted = {"sample_weight": weights.tocoo()} if case.get("weighted") else {}
    model = LightFM(**case["options"]).fit(data.tocoo(), epochs=3, **features, **weighted)
    case["items"] = rounded(model.item_embeddings)
    case["itemBiases"] = rounded(model.item_biases)
    case["users"] = rounded(model.user_embeddings)
    case["userBiases"] = rounded(model.user_biases)
    ranks = model.predict_rank(test, likes, check_intersections=False, num_threads=1, **features)
    case["ranks"] = [int(rank) for rank in ranks.data]
    case["auc"] = float(auc_score(model, test, likes, check_intersections=False, **features).mean())

given = {
    "likes": as_json(likes),
    "signs": as_json(signs),
    "weights": as_json(weights)["values"],
    "userFeatures": as_json(user_features),
    "itemFeatures": as_json(item_features),
    "test": as_json(test),
}
lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in given.items()]
cases = ",\n".join(json.dumps(case) for case in CASES)
print("{\n" + ",\n".join(lines) + ',\n"cases": [\n' + cases + "\n]}")
