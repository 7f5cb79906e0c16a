"""Compacted topics as tables: the last value of each key between stated offsets, committed records only."""

import json

from pyspark.sql import functions as F
from pyspark.sql.avro.functions import from_avro
from pyspark.sql.types import BinaryType, LongType, StringType, StructField, StructType

EMPTY = StructType(
    [
        StructField("key", StringType()),
        StructField("value", BinaryType()),
        StructField("offset", LongType()),
    ]
)


def last_values(spark, kafka, table):
    """Rows (key, record), on disk, read once; a record is null where the key was deleted.

    `table`: topic, partitions (each with start and end), schemas (writer's, by id), reader (schema), key_parts. Values
    under a schema id that is not among them cannot be read: their ids are answered, and the caller comes again.
    Compaction during the job may change a second reading, so that there is none: everything is on disk afterwards.
    """
    rows = read(spark, kafka, table)
    writer = F.conv(F.hex(F.expr("substring(value, 2, 4)")), 16, 10).cast("long")
    rows = rows.select("key", "value", "offset", writer.alias("writer"))
    if table["key_parts"] is not None:
        # Keys of another number of parts belong to other things in the same topic.
        rows = rows.where(F.size(F.split("key", "\\x00")) == table["key_parts"])
    known = [int(schema_id) for schema_id in table["schemas"]]
    is_unreadable = F.col("value").isNotNull() & (
        (F.expr("hex(substring(value, 1, 1))") != "00")
        | F.coalesce(~F.col("writer").isin(known), F.lit(True))
    )
    rows = rows.select("key", "offset", "writer", is_unreadable.alias("bad"), decoded(table))
    last = rows.groupBy("key").agg(
        F.max_by("record", "offset").alias("record"),
        F.collect_set(F.when(F.col("bad"), F.coalesce("writer", F.lit(-1)))).alias("unknown"),
    )
    last = last.checkpoint()
    unknown = [row.writer for row in last.select(F.explode("unknown").alias("writer")).distinct().collect()]
    return last.select("key", "record"), sorted(unknown)


def read(spark, kafka, table):
    partitions = [one for one in table["partitions"] if one["start"] < one["end"]]
    if not partitions:
        return spark.createDataFrame([], EMPTY)
    topic = table["topic"]

    def positions(edge):
        return json.dumps({topic: {str(one["partition"]): one[edge] for one in partitions}})

    frame = (
        spark.read.format("kafka")
        .options(**{f"kafka.{name}": value for name, value in kafka.items()})
        .option("kafka.isolation.level", "read_committed")
        .option("assign", json.dumps({topic: [one["partition"] for one in partitions]}))
        .option("startingOffsets", positions("start"))
        .option("endingOffsets", positions("end"))
        # An offset that is gone, or not there yet, ends the job: better no model than one of a part of the data.
        .option("failOnDataLoss", "true")
        .load()
    )
    return frame.select(F.col("key").cast("string"), "value", "offset")


def decoded(table):
    """Each value by its writer's schema, as the reader's; null for tombstones and unknown writers."""
    options = {"mode": "FAILFAST", "avroSchema": json.dumps(table["reader"])}
    body = F.expr("substring(value, 6)")
    record = F.lit(None)
    for schema_id, schema in table["schemas"].items():
        value = from_avro(body, json.dumps(schema), options)
        record = F.when(F.col("writer") == int(schema_id), value).otherwise(record)
    return record.alias("record")
