"""The temporal split of src/training/training-data.ts, over a distributed table: the same point in time, the same users."""

import json
import math
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dense_ids import dense_ids

DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Held:
    """First plays at or after `seconds` (None: nothing is)."""

    seconds: float | None
    rows: DataFrame


def split(pairs, holdout_share):
    """(user, item, plays) before the point in time behind which the newest `holdout_share` of the pairs begin."""
    seconds = split_seconds(pairs, holdout_share)
    if seconds is None:
        return pairs.select("user", "item", "plays"), Held(None, pairs.where("false"))
    later = F.expr(f"size(filter(coalesce(times, array()), t -> t >= {seconds}))")
    before = pairs.where(F.col("first") < seconds)
    train = before.select("user", "item", (F.col("plays") - later).alias("plays"))
    return train, Held(seconds, pairs.where(F.col("first") >= seconds).select("user", "item"))


def split_seconds(pairs, holdout_share):
    """The first play at this place of all in order: by days first, then within its day; exact."""
    day = F.floor(F.col("first") / DAY_SECONDS)
    days = sorted((row.day, row["count"]) for row in pairs.groupBy(day.alias("day")).count().collect())
    place = math.floor(sum(count for _day, count in days) * (1 - holdout_share))
    for number, count in days:
        if place < count:
            within = pairs.where(day == number).groupBy("first").count().collect()
            return at_place(sorted((row["first"], row["count"]) for row in within), place)
        place -= count
    return None


def at_place(classes, place):
    for value, count in classes:
        if place < count:
            return value
        place -= count
    return None


def item_users(train, items):
    """Users of each item."""
    found = [0] * items
    for row in train.groupBy("item").count().toLocalIterator():
        found[row["item"]] = row["count"]
    return found


def write_evaluated(train, held, items_min, users_max, path):
    """One line a user: what is known, what is to be foretold. Too many users are thinned out evenly."""
    known = train.groupBy("user").count().where(F.col("count") >= items_min)
    eligible = dense_ids(held.rows.select("user").distinct().join(known.select("user"), "user"), "user", "place")
    count = eligible.count()
    every = max(1, count / users_max)
    places = [math.floor(place * every) for place in range(min(count, users_max))]
    chosen = F.broadcast(eligible.where(F.col("place").isin(places)).select("user"))
    rows = F.sort_array(F.collect_list(F.struct("item", "plays")))
    history = train.join(chosen, "user").groupBy("user").agg(rows.alias("known"))
    targets = held.rows.join(chosen, "user").groupBy("user").agg(F.sort_array(F.collect_list("item")).alias("targets"))
    written = 0
    with open(path, "w", encoding="utf-8") as file:
        for row in history.join(targets, "user").orderBy("user").toLocalIterator():
            line = {
                "items": [one["item"] for one in row.known],
                "plays": [one["plays"] for one in row.known],
                "targets": row.targets,
            }
            file.write(json.dumps(line) + "\n")
            written += 1
    return written
