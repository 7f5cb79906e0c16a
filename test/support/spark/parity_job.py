"""Spark's own factors and ranking metrics, to compare this project's with. Two commands more than a retrain has."""

import os
import sys
from array import array

# RankingMetrics takes Python's lists, so executors run Python too: this one.
os.environ["PYSPARK_PYTHON"] = sys.executable

sys.path.insert(0, sys.argv[1])

import als_training
from retrain_job import serve
from retrain_session import RetrainSession


class ParitySession(RetrainSession):
    def factors(self, pairs_file, rule, epochs, seed, users, items, users_file, items_file):
        """pairs_file: lines of user, item, plays. The others get float32 rows; rows without interactions are zeros."""
        pairs = (
            self._spark.read.csv(pairs_file, schema="user int, item int, plays int").coalesce(2).cache()
        )
        model = als_training.fit(pairs, rule, epochs, seed, 2)
        write(model.userFactors, users, rule["factorCount"], users_file)
        write(model.itemFactors, items, rule["factorCount"], items_file)
        return {}

    def ranking_metrics(self, lists, truths, cutoffs):
        """lists: items, best first, one a user; truths: items that are right."""
        from pyspark.mllib.evaluation import RankingMetrics

        pairs = self._spark.sparkContext.parallelize(list(zip(lists, truths)), 2)
        metrics = RankingMetrics(pairs)
        found = {"meanAveragePrecision": metrics.meanAveragePrecision}
        for name in ("meanAveragePrecisionAt", "precisionAt", "recallAt", "ndcgAt"):
            for cutoff in cutoffs:
                found[f"{name}({cutoff})"] = getattr(metrics, name)(cutoff)
        return found


def write(factors, rows, columns, path):
    values = array("f", bytes(4 * rows * columns))
    for row in factors.collect():
        values[row.id * columns : (row.id + 1) * columns] = array("f", row.features)
    with open(path, "wb") as file:
        values.tofile(file)


if __name__ == "__main__":
    serve(ParitySession)
