"""A retrain that says when it has come to a point, for whoever ends it there. Arguments: the job's folder, the point.

The work goes on meanwhile, except while writing: of the blocks one half is written, and then nothing more.
"""

import contextlib
import sys
import threading
import time

sys.path.insert(0, sys.argv[1])
POINT = sys.argv[2]

import als_training
from retrain_job import serve
from retrain_session import RetrainSession

# So few items a block that there are several.
BLOCK_ITEMS = 16
LOOK_SECONDS = 0.02


class StoppingSession(RetrainSession):
    def __init__(self, on_progress):
        super().__init__(on_progress)
        self._say = on_progress

    def read_histories(self, **arguments):
        with self._telling_at("reading"):
            return super().read_histories(**arguments)

    def refit(self, target, **arguments):
        write = als_training.write_blocks

        def write_half(blocks, *others):
            write(blocks.where("block % 2 = 0"), *others)
            self._tell()
            time.sleep(3600)

        if POINT == "writing":
            als_training.write_blocks = write_half
        with self._telling_at("fitting"):
            return super().refit(target={**target, "block_items": BLOCK_ITEMS}, **arguments)

    @contextlib.contextmanager
    def _telling_at(self, point):
        """As soon as Spark is at work in it."""
        ended = threading.Event()
        tracker = self._spark.sparkContext.statusTracker()

        def look():
            while not ended.wait(LOOK_SECONDS):
                if tracker.getActiveStageIds():
                    return self._tell()

        if point == POINT:
            threading.Thread(target=look, daemon=True).start()
        yield
        ended.set()

    def _tell(self):
        jvm = self._spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid()
        self._say({"done": 0, "tasks": 0, "jvm": jvm})


if __name__ == "__main__":
    serve(StoppingSession)
