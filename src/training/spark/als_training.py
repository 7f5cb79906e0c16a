"""org.apache.spark.ml's implicit ALS, and its item factors as the blocks of a generation.

For a row with n interactions of r plays: (YᵀY + Σ alpha·r·y·yᵀ + lambda·n·I)·x = Σ (1 + alpha·r)·y, items first and users
last in each iteration (ALS.scala). That is the rule 'spark' of src/als/rule.ts.
"""

from pyspark.ml.functions import array_to_vector
from pyspark.ml.recommendation import ALS
from pyspark.mllib.linalg.distributed import RowMatrix
from pyspark.mllib.util import MLUtils
from pyspark.sql import functions as F
from pyspark.sql.avro.functions import to_avro

CHECKPOINT_INTERVAL = 5
FLOATS = '{"type":"array","items":"float"}'


def fit(pairs, rule, epochs, seed, blocks):
    """Start vectors hang on seed, ids and blocks: the same three give the same factors."""
    als = ALS(
        rank=rule["factorCount"],
        maxIter=epochs,
        regParam=rule["lambda"],
        alpha=rule["alpha"],
        implicitPrefs=True,
        seed=seed,
        numUserBlocks=blocks,
        numItemBlocks=blocks,
        checkpointInterval=CHECKPOINT_INTERVAL,
        userCol="user",
        itemCol="item",
        ratingCol="plays",
    )
    return als.fit(pairs.select("user", "item", F.col("plays").cast("float").alias("plays")))


def factor_blocks(items, model, rule, block_items):
    """(block, items, factors as float32, little endian) in order of item; an item without interactions has zeros."""
    zeros = F.array_repeat(F.lit(0.0).cast("float"), rule["factorCount"])
    rows = (
        items.join(model.itemFactors.withColumnRenamed("id", "item"), "item", "left")
        .withColumn("features", F.coalesce("features", zeros))
        .withColumn("block", F.floor(F.col("item") / block_items).cast("int"))
    )
    row = F.struct("item", "track_id", "artist_name", "track_name", "features")
    blocks = rows.groupBy("block").agg(F.sort_array(F.collect_list(row)).alias("rows"))
    names = F.expr("transform(rows, r -> struct(r.track_id, r.artist_name, r.track_name))")
    floats = F.expr("flatten(transform(rows, r -> r.features))")
    return blocks.select("block", names.alias("items"), little_endian(floats).alias("factors"))


def little_endian(floats):
    """float32 bytes of an array, without Python on the executors: Avro writes an array as its length (zigzag, 7 bits a
    byte), the elements as they are wanted here, and a zero."""
    length = F.size(floats)
    header = sum((length >= F.lit(1 << bits)).cast("int") for bits in (6, 13, 20, 27)) + F.lit(1)
    return to_avro(floats, FLOATS).substr(header + 1, length * 4)


def write_blocks(blocks, kafka, rule, target):
    """Spark's sink writes at least once and without transactions; a key written twice has the same bytes twice."""
    record = F.struct(
        F.lit(target["generation"]).cast("long").alias("generation"),
        "block",
        F.lit(target["attempt"]).alias("attempt"),
        F.lit(rule["factorCount"]).alias("factor_count"),
        "items",
        "factors",
    )
    key = F.concat(F.lit(target["key_prefix"]), F.col("block").cast("string"))
    prefix = F.unhex(F.lit(target["value_prefix"]))
    value = F.concat(prefix, to_avro(record, target["schema"]))
    (
        blocks.select(key.alias("key"), value.alias("value"))
        .write.format("kafka")
        .options(**{f"kafka.{name}": setting for name, setting in kafka.items()})
        .option("kafka.acks", "all")
        .option("topic", target["topic"])
        .save()
    )


def block_sums(blocks):
    """[block, items, CRC-32 of the factors], in order."""
    sums = blocks.select("block", F.size("items").alias("items"), F.crc32("factors").alias("crc"))
    return sorted([row.block, row["items"], row.crc] for row in sums.collect())


def user_gramian(model, factor_count):
    """XᵀX of the users' factors in float64, row by row; computed where the factors are."""
    vectors = model.userFactors.select(array_to_vector("features").alias("features"))
    matrix = RowMatrix(MLUtils.convertVectorColumnsFromML(vectors, "features"), numCols=factor_count)
    return matrix.computeGramianMatrix().toArray().reshape(-1).tolist()
