"""Tells how far the running Spark job is, every few seconds."""

import threading

INTERVAL_SECONDS = 2


class StageProgress:
    def __init__(self, on_progress):
        self._on_progress = on_progress
        self._stopped = threading.Event()

    def follow(self, context):
        self._tracker = context.statusTracker()
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self):
        self._stopped.set()

    def _run(self):
        last = None
        while not self._stopped.wait(INTERVAL_SECONDS):
            try:
                now = self._tasks()
            except Exception:
                # The context has gone.
                return
            if now is not None and now != last:
                self._on_progress(now)
                last = now

    def _tasks(self):
        """Stages of the running job; those skipped because their output is there count as done."""
        jobs = self._tracker.getActiveJobsIds()
        if not jobs:
            return None
        job = self._tracker.getJobInfo(max(jobs))
        stages = [self._tracker.getStageInfo(stage) for stage in (job.stageIds if job else [])]
        known = [stage for stage in stages if stage is not None]
        if not known:
            return None
        done = sum(stage.numCompletedTasks for stage in known)
        return {"done": done, "tasks": sum(stage.numTasks for stage in known)}
