"""A retrain's driver that trains on made-up pairs of any number and says what it took. Argument: the job's folder."""

import os
import sys
import time

sys.path.insert(0, sys.argv[1])

import als_training
from pyspark.sql import functions as F
from retrain_job import serve
from retrain_session import BLOCKS_MAX, RetrainSession


class GrowthSession(RetrainSession):
    def make_pairs(self, pairs, users, items):
        """Distinct, independent of each other, skewed on both sides; as a retrain has them: on disk, with dense ids."""
        self._spark.conf.set("spark.sql.shuffle.partitions", max(4, 2 * self._fit_cluster()))
        started = time.monotonic()
        user = F.floor(users * F.pow(F.rand(1), 1.5)).cast("int")
        item = F.floor(items * F.pow(F.rand(2), 2)).cast("int")
        drawn = self._spark.range(pairs).select(user.alias("user"), item.alias("item"))
        self._pairs = drawn.groupBy("user", "item").agg(F.count("*").alias("plays")).checkpoint()
        self._blocks = self._blocks or min(BLOCKS_MAX, max(2, self._fit_cluster()))
        return {
            "pairs": self._pairs.count(),
            "blocks": self._blocks,
            "cores": self._fit_cluster(),
            "seconds": time.monotonic() - started,
        }

    def warm_up(self, rule):
        """The first fit of a JVM loads and compiles, whatever its size."""
        few = self._pairs.where("user % 20 = 0")
        als_training.fit(few, rule, 2, 1, self._blocks).itemFactors.count()
        return {}

    def timed_fit(self, rule, epochs):
        started, cpu_before = time.monotonic(), self._cpu_seconds()
        shuffled_before = self._shuffled_mib()
        model = als_training.fit(self._pairs, rule, epochs, 1, self._blocks)
        model.itemFactors.count()
        return {
            "seconds": time.monotonic() - started,
            "cpuSeconds": self._cpu_seconds() - cpu_before,
            "shuffleMiB": self._shuffled_mib() - shuffled_before,
            "peakMiB": self._peak_mib(),
        }

    def _shuffled_mib(self):
        """Written for other tasks so far, compressed, by all executors."""
        executors = self._spark.sparkContext._jsc.sc().statusStore().executorList(False)
        return sum(executors.apply(i).totalShuffleWrite() for i in range(executors.size())) / 2**20

    # Of the driver's JVM: on local masters that is all of Spark.

    def _cpu_seconds(self):
        fields = self._process_file("stat").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _peak_mib(self):
        lines = self._process_file("status").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1024

    def _process_file(self, name):
        pid = self._spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid()
        with open(f"/proc/{pid}/{name}", encoding="utf-8") as file:
            return file.read()


if __name__ == "__main__":
    serve(GrowthSession)
