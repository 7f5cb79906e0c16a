/** What the engine, the stores, the broker's side and the HTTP server count. */
import { bounds, counter, gauge, histogram } from './series-kinds';

const STEP_SECONDS = bounds(0.001, 10, [1, 2, 3, 5, 7.5]);
const SIZE = bounds(1, 100_000, [1, 2, 5]);
const BYTES = bounds(1000, 10_000_000, [1, 2, 5]);

export const ENGINE_SERIES = {
  segue_records_in_total: counter('Records given to a processor.', ['part', 'processor']),
  segue_records_out_total: counter('Records a processor passed on or sent out.', [
    'part',
    'processor',
  ]),
  segue_records_dropped_total: counter(
    'Records that ended in a processor on purpose, such as duplicates, by reason.',
    ['part', 'processor', 'reason'],
  ),
  segue_dead_letters_total: counter(
    'Records that could not be used and were kept with their reason; look at topic dead-letters.',
    ['topic', 'reason'],
  ),
  segue_input_records_total: counter('Records read from a partition of an input topic.', [
    'topic',
    'partition',
  ]),
  segue_input_bytes_total: counter(
    'Bytes of keys and values read from a partition of an input topic.',
    ['topic', 'partition'],
    'bytes',
  ),
  segue_lag_records: gauge(
    'Committed records of an input partition that are not processed yet.',
    ['topic', 'partition'],
    'records',
  ),
  segue_lag_seconds: gauge(
    'Age of the oldest record of an input partition that is not processed yet; 0 when caught up.',
    ['topic', 'partition'],
    'seconds',
  ),
  segue_last_fetch_timestamp_seconds: gauge(
    "When a slot's input was last asked for and answered, since 1970; standing still: nothing is read, and no lag is known.",
    ['partition'],
    'seconds',
  ),
  segue_stream_time_seconds: gauge(
    'Largest record time a slot has seen, since 1970.',
    ['partition'],
    'seconds',
  ),

  segue_steps_total: counter('Steps committed.', ['partition']),
  segue_step_duration_seconds: histogram(
    'From freezing a step to its local batch.',
    ['partition'],
    'seconds',
    STEP_SECONDS,
  ),
  segue_step_records: histogram('Input records of a step.', ['partition'], 'records', SIZE),
  segue_step_bytes: histogram(
    'Bytes of outputs and table records of a step.',
    ['partition'],
    'bytes',
    BYTES,
  ),
  segue_commit_duration_seconds: histogram(
    'From beginning a transaction to the answer to its commit.',
    ['partition'],
    'seconds',
    STEP_SECONDS,
  ),
  segue_commit_failures_total: counter('Commits that did not succeed, by what happened.', [
    'failure',
  ]),
  segue_last_commit_timestamp_seconds: gauge(
    'When a slot last committed, since 1970; standing still under load: the stream has stopped.',
    ['partition'],
    'seconds',
  ),

  segue_slots_held: gauge('Slots that this process owns.', []),
  segue_standbys_held: gauge('Slots of other processes that this process follows.', []),
  segue_standby_lag_records: gauge(
    'Table records that a standby has not taken yet.',
    ['partition'],
    'records',
  ),
  segue_slots: gauge('Slots of the application.', []),
  segue_slot_failed: gauge(
    '1 for a slot that has stopped for good, until its process restarts; /health/ready has the reason.',
    ['partition'],
  ),
  segue_take_overs_total: counter('Slots taken over, by what led to it.', ['cause']),
  segue_take_over_duration_seconds: histogram(
    'From an assignment to the first record processed, restore included.',
    [],
    'seconds',
    bounds(0.01, 1000, [1, 2, 5]),
  ),
  segue_restored_records_total: counter('Table records replayed into a local store.', [
    'partition',
  ]),
  segue_restore_remaining_records: gauge(
    'Table records still to replay before a slot can go; 0 when it runs.',
    ['partition'],
    'records',
  ),
  segue_restore_progress_ratio: gauge(
    'Share of a running restore that is done; 1 when the slot runs.',
    ['partition'],
    'ratio',
  ),

  segue_store_size_bytes: gauge(
    "Bytes on disk of a slot's stores, measured once a minute.",
    ['partition'],
    'bytes',
  ),
  segue_cache_size_bytes: gauge(
    'Bytes that the caches of decoded values of a slot hold, about.',
    ['partition'],
    'bytes',
  ),
  segue_cache_lookups_total: counter('Reads that reached the cache of decoded values.', [
    'store',
    'result',
  ]),

  segue_http_requests_total: counter('HTTP requests answered.', ['route', 'status']),
  segue_http_request_duration_seconds: histogram(
    'Time to answer an HTTP request.',
    ['route'],
    'seconds',
    bounds(0.001, 10, [1, 2, 5]),
  ),
  segue_series_refused_total: counter(
    'Label combinations not exported because a series had too many; a fault of this program.',
    [],
  ),
  segue_build_info: gauge('Always 1; the version of this program and of Node.', [
    'version',
    'node_version',
  ]),
} as const;
