"""The driver program of a study on Spark: pairs come from a file, factors go to files. Commands as in retrain_job.py."""

import numpy
from pyspark.sql import functions as F

import als_training
from retrain_job import serve
from retrain_session import BLOCKS_MAX, RetrainSession


class StudySession(RetrainSession):
    _pairs = None

    def read_pairs(self, file):
        """CSV without a header: user, item, plays, as whole numbers from 0. Every executor must reach it."""
        if self._pairs is not None:
            self._pairs.unpersist()
        pairs = self._spark.read.schema("user INT, item INT, plays FLOAT").csv(file)
        cores = self._spark.sparkContext.defaultParallelism
        self._blocks = self._blocks or min(BLOCKS_MAX, max(2, cores))
        self._pairs = pairs.repartition(self._blocks).cache()
        return {"pairs": self._pairs.count()}

    def fit_pairs(self, rule, epochs, seed, users_file, items_file):
        model = als_training.fit(self._pairs, rule, epochs, seed, self._blocks)
        return {
            "users": write_factors(model.userFactors, users_file),
            "items": write_factors(model.itemFactors, items_file),
        }


def write_factors(factors, file):
    """Rows of the number (int32) and its factors (float32), little endian, in order of the number."""
    rows = 0
    with open(file, "wb") as out:
        for row in factors.orderBy(F.col("id")).toLocalIterator():
            out.write(numpy.array([row.id], "<i4").tobytes())
            out.write(numpy.array(row.features, "<f4").tobytes())
            rows += 1
    return rows


if __name__ == "__main__":
    serve(StudySession)
