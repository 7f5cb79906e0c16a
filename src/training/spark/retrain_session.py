"""One retrain's state on the driver: the tables once read, the split, the trained candidates."""

import json
import os
import shlex
import uuid

import als_training
import holdout
import kafka_tables
import training_set
from stage_progress import StageProgress

# More cost more than they spread: every pair of a user block and an item block allocates some megabytes once.
BLOCKS_MAX = 100


class RetrainSession:
    def __init__(self, on_progress):
        self._progress = StageProgress(on_progress)
        self._spark = None

    def open(self, submit, scratch, kafka, blocks):
        """Starts Spark. `submit`: options of spark-submit; `scratch`: a folder that all executors reach."""
        # pyspark starts the JVM with these; secrets never go this way, since everybody sees a command line.
        os.environ["PYSPARK_SUBMIT_ARGS"] = shlex.join([*submit, "pyspark-shell"])
        from pyspark.sql import SparkSession

        spark = SparkSession.builder.getOrCreate()
        context = spark.sparkContext
        self._spark = spark
        self._kafka = kafka
        self._blocks = blocks
        self._fit_cluster()
        # Without it long lineages end in a StackOverflowError, and tables would be read from Kafka again.
        self._scratch = f"{scratch.rstrip('/')}/segue-retrain-{uuid.uuid4()}"
        context.setCheckpointDir(self._scratch)
        self._progress.follow(context)
        return {
            "version": spark.version,
            "master": context.master,
            "applicationId": context.applicationId,
        }

    def _fit_cluster(self):
        """Executors register over time; partitions follow the cores that are there. Answers their number."""
        context = self._spark.sparkContext
        cores = context.defaultParallelism
        if context.getConf().get("spark.sql.shuffle.partitions") is None:
            self._spark.conf.set("spark.sql.shuffle.partitions", max(4, 2 * cores))
        return cores

    def read_counts(self, table):
        rows, unknown = kafka_tables.last_values(self._spark, self._kafka, table)
        if unknown:
            return {"unknownSchemas": unknown}
        self._counts = training_set.counts(rows)
        return {"unknownSchemas": [], "histogram": training_set.histogram(self._counts)}

    def read_histories(self, table, threshold, items_min, items_file):
        """`threshold`: users of an item that is in; `items_min`: such items of a user that is in."""
        self._items = training_set.items(self._counts, threshold)
        rows, unknown = kafka_tables.last_values(self._spark, self._kafka, table)
        if unknown:
            return {"unknownSchemas": unknown}
        self._pairs, users = training_set.pairs(rows, self._items, items_min)
        with open(items_file, "w", encoding="utf-8") as file:
            for row in self._items.orderBy("item").toLocalIterator():
                # In ASCII: readers of lines take some Unicode characters for ends of lines.
                file.write(json.dumps([row.track_id, row.artist_name, row.track_name]) + "\n")
        cores = self._fit_cluster()
        # From here on the same: the factors hang on it.
        self._blocks = self._blocks or min(BLOCKS_MAX, max(2, cores))
        return {
            "unknownSchemas": [],
            "users": users,
            **training_set.totals(self._pairs),
            "cores": cores,
            "executors": self._spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1,
            "blocks": self._blocks,
        }

    def split(self, holdout_share, items_min, users_max, holdout_file):
        """Plays before a point in time to learn from, first plays after it to be foretold."""
        self._train, held = holdout.split(self._pairs, holdout_share)
        self._train = self._train.checkpoint()
        return {
            "splitSeconds": held.seconds,
            "itemUsers": holdout.item_users(self._train, self._items.count()),
            "users": holdout.write_evaluated(self._train, held, items_min, users_max, holdout_file),
        }

    def candidate(self, rule, epochs, seed, factors_file, block_items):
        model = als_training.fit(self._train, rule, epochs, seed, self._blocks)
        blocks = als_training.factor_blocks(self._items, model, rule, block_items)
        with open(factors_file, "wb") as file:
            for row in blocks.select("factors").orderBy("block").toLocalIterator():
                file.write(row.factors)
        return {}

    def refit(self, rule, epochs, seed, target):
        """Trains on everything and writes the blocks to Kafka; they count only under a manifest that names them."""
        model = als_training.fit(self._pairs, rule, epochs, seed, self._blocks)
        blocks = als_training.factor_blocks(self._items, model, rule, target["block_items"])
        # Once on disk, a repeated task writes the same bytes again.
        blocks = blocks.checkpoint()
        als_training.write_blocks(blocks, self._kafka, rule, target)
        return {
            "blocks": als_training.block_sums(blocks),
            "userGramian": als_training.user_gramian(model, rule["factorCount"]),
        }

    def close(self):
        context = self._spark.sparkContext
        path = context._jvm.org.apache.hadoop.fs.Path(self._scratch)
        path.getFileSystem(context._jsc.hadoopConfiguration()).delete(path, True)
        self._progress.stop()
        self._spark.stop()
        return {}
