/** The thread of `topForUsers`: takes users by an atomic cursor until none are left. */
import { workerData } from 'node:worker_threads';
import { BlockScanner } from './block-scanner';
import { type TopForUsersJob, USERS_AT_ONCE } from './top-for-users';

const job = workerData as TopForUsersJob;
const { index, userFactors, items, scores, progress, excludeRows } = job;
const n = Math.min(job.n, index.factors.rows);
const scanner = new BlockScanner(index, job.scratchAt, USERS_AT_ONCE);
const NOTHING = new Int32Array(0);

function exclusionOf(user: number): Int32Array {
  if (!excludeRows) return NOTHING;
  return excludeRows.indices.subarray(excludeRows.starts[user]!, excludeRows.starts[user + 1]!);
}

function rank(first: number, count: number): void {
  const searches = scanner.searches.slice(0, count);
  searches.forEach((search, s) => {
    const start = (first + s) * userFactors.columns;
    const factors = userFactors.values.subarray(start, start + userFactors.columns);
    search.start(factors, n, exclusionOf(first + s));
  });
  progress[0]! += scanner.run(searches, n);
  searches.forEach((search, s) => {
    const list = search.finish(n);
    items.set(list.items, (first + s) * job.n);
    scores.set(list.scores, (first + s) * job.n);
    progress[1]! += list.rescored;
  });
}

for (;;) {
  const first = Atomics.add(job.cursor, 0, USERS_AT_ONCE);
  if (first >= userFactors.rows) break;
  rank(first, Math.min(USERS_AT_ONCE, userFactors.rows - first));
}
