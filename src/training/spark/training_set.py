"""From the tables to (user, item, plays): the filters of streams/model/snapshot.ts, with the same numbers for the same ids.

Columns are called as in the topics' schemas where they come from there (track_id), else users and items.
"""

from pyspark.sql import functions as F

from dense_ids import dense_ids

# Below it the items go to every executor instead of being shuffled.
BROADCAST_ITEMS_MAX = 200_000


def counts(rows):
    """Items with at least one user."""
    found = rows.where("record is not null and record.listeners > 0").select(
        F.col("key").alias("track_id"), "record.listeners", "record.artist_name", "record.track_name"
    )
    return found


def histogram(found):
    """[unique users, items with exactly so many] of each class."""
    return [[row.listeners, row["count"]] for row in found.groupBy("listeners").count().collect()]


def items(found, threshold):
    """The items that are in, numbered in order of their ids."""
    return dense_ids(found.where(F.col("listeners") >= threshold), "track_id", "item")


def pairs(rows, kept, items_min):
    """(user, item, plays, first, times) of users with enough items, both numbered; and how many users."""
    parts = F.split("key", "\\x00")
    known = kept.select("track_id", "item")
    if known.count() <= BROADCAST_ITEMS_MAX:
        known = F.broadcast(known)
    # Plays of a time that is known; chunks of older ones are not read: they lie before any holdout.
    times = F.expr("transform(filter(record.entries, e -> e & 3L = 1L), e -> shiftright(e, 2))")
    found = (
        rows.where("record is not null and record.plays > 0")
        .select(
            parts[0].alias("user_id"),
            parts[1].alias("track_id"),
            F.col("record.plays").alias("plays"),
            F.col("record.first_listened_at").alias("first"),
            F.when(F.col("record.plays") > 1, times).alias("times"),
        )
        .join(known, "track_id")
        .drop("track_id")
        .checkpoint()
    )
    by_user = found.groupBy("user_id").count().where(F.col("count") >= items_min)
    users = dense_ids(by_user.select("user_id"), "user_id", "user")
    numbered = found.join(users, "user_id").select("user", "item", "plays", "first", "times")
    return numbered.checkpoint(), users.count()


def totals(numbered):
    newest = F.coalesce(F.array_max("times"), F.col("first"))
    row = numbered.agg(
        F.count("*").alias("pairs"),
        F.coalesce(F.sum("plays"), F.lit(0)).alias("plays"),
        F.coalesce(F.max(newest), F.lit(0)).alias("newestSeconds"),
    ).first()
    return row.asDict()
