/** What an operator looks at: does the stream move, how far is it behind, who holds what, what is broken. */
import { RESOURCES } from './resources';
import {
  type DashboardSpec,
  ON_INSTANCE,
  ON_PARTITION,
  one,
  type PanelSpec,
  quantiles,
  RATE,
} from './spec';

const NOW: readonly PanelSpec[] = [
  {
    kind: 'stat',
    title: 'Listens',
    description:
      'Listens read from the input a second. 0 while listens are produced: producers or brokers are in trouble, or no slot is held.',
    unit: 'a second',
    queries: one(
      `sum(rate(segue_input_records_total{topic=~".*listens", ${ON_INSTANCE}}${RATE}))`,
      'listens',
    ),
  },
  {
    kind: 'stat',
    title: 'Lag',
    description:
      'Committed records that are not processed yet, all inputs together. Growing: more comes than these processes can take; add some, or see what steps wait for.',
    unit: 'number',
    queries: one('sum(max by (topic, partition) (segue_lag_records))', 'records'),
    limits: { above: [10_000, 100_000] },
  },
  {
    kind: 'stat',
    title: 'Oldest waiting record',
    description:
      'Age of the oldest record that is not processed yet. This is what users feel as lists that do not know their last listens.',
    unit: 'seconds',
    queries: one('max(segue_lag_seconds)', 'age'),
    limits: { above: [5, 60] },
  },
  {
    kind: 'stat',
    title: 'Slots without an owner',
    description:
      'Slots that no process runs: their users get nothing. Above 0 for more than a rebalance or a restore: a process hangs, none is left, or a slot has failed; see the panels Slots held and Failed slots.',
    unit: 'number',
    queries: one(
      'max(segue_slots) - (count(max by (partition) (segue_last_fetch_timestamp_seconds)) or vector(0))',
      'slots',
    ),
    limits: { above: [1, 1] },
  },
  {
    kind: 'stat',
    title: 'Dead letters',
    description:
      'Share of records that could not be used. They are kept with their reason on the topic dead-letters; the panels below say which. Above 1 %: tell the producer.',
    unit: 'share',
    queries: one(
      `sum(rate(segue_dead_letters_total{${ON_INSTANCE}}${RATE})) / sum(rate(segue_input_records_total{topic=~".*listens", ${ON_INSTANCE}}${RATE}))`,
      'dead letters',
    ),
    limits: { above: [0.001, 0.01] },
  },
  {
    kind: 'stat',
    title: 'Wrong counts',
    description:
      'Comparisons with a recount that found a difference. Must be 0, always. Otherwise keep the data folder and the logs, see the runbook, and report it.',
    unit: 'number',
    queries: one('sum(segue_count_check_failures_total)', 'differences'),
    limits: { above: [1, 1] },
  },
];

const THROUGHPUT: readonly PanelSpec[] = [
  {
    kind: 'lines',
    title: 'Records read, by topic',
    description:
      'listener-changes follow from first listens; progress from steps. A topic that stops while listens go on: the part that reads it is stuck.',
    unit: 'a second',
    queries: one(
      `sum by (topic) (rate(segue_input_records_total{${ON_PARTITION}}${RATE}))`,
      '{{topic}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Records through processors',
    description:
      'Records given to each processor. From one to the next the number falls by what is dropped, rejected or absorbed; a sudden drop shows where.',
    unit: 'a second',
    queries: one(
      `sum by (part, processor) (rate(segue_records_in_total{${ON_INSTANCE}}${RATE}))`,
      '{{part}} / {{processor}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Records passed on by processors',
    description:
      'What each processor hands to the next one. More in than out is its job for some (duplicates, unchanged lists); compare with yesterday before worrying.',
    unit: 'a second',
    queries: one(
      `sum by (part, processor) (rate(segue_records_out_total{${ON_INSTANCE}}${RATE}))`,
      '{{part}} / {{processor}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Bytes read',
    description:
      'Keys and values read a second. Growing faster than records: records grow; find out which producer.',
    unit: 'bytes a second',
    queries: one(
      `sum by (topic) (rate(segue_input_bytes_total{${ON_PARTITION}}${RATE}))`,
      '{{topic}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Records dropped, by reason',
    description:
      'Records that end on purpose, such as duplicates. A burst of duplicates is a producer that sends again; harmless, counts stay exact.',
    unit: 'a second',
    queries: one(
      `sum by (processor, reason) (rate(segue_records_dropped_total{${ON_INSTANCE}}${RATE}))`,
      '{{processor}}: {{reason}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Dead letters, by reason',
    description:
      'Records that could not be used, by why. The README explains each reason; the record itself, with its reason, is on the topic dead-letters.',
    unit: 'a second',
    queries: one(
      `sum by (topic, reason) (rate(segue_dead_letters_total{${ON_INSTANCE}}${RATE}))`,
      '{{topic}}: {{reason}}',
    ),
  },
];

const LAG: readonly PanelSpec[] = [
  {
    kind: 'lines',
    title: 'Lag in records',
    description:
      'One partition far above the others: its users are far more active, or its process is slow. All together: add processes.',
    unit: 'number',
    queries: one(
      'max by (topic, partition) (segue_lag_records{partition=~"$partition"})',
      '{{topic}} {{partition}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Lag in seconds',
    description:
      'Age of the oldest unprocessed record of each partition; 0 when caught up. Growing by a second a second: the partition stands still.',
    unit: 'seconds',
    queries: one(
      'max by (topic, partition) (segue_lag_seconds{partition=~"$partition"})',
      '{{topic}} {{partition}}',
    ),
    limits: { above: [5, 60] },
  },
  {
    kind: 'lines',
    title: 'Time since the input was read',
    description:
      'A slot that runs asks for its input all the time. Growing by a second a second: nothing is read, and the lag beside stands still whatever waits; see the log for the brokers.',
    unit: 'seconds',
    queries: one(
      `clamp_min(time() - max by (partition) (segue_last_fetch_timestamp_seconds{${ON_PARTITION}}), 0)`,
      'partition {{partition}}',
    ),
    limits: { above: [10, 60] },
  },
  {
    kind: 'lines',
    title: 'Stream time behind the clock',
    description:
      'How old the newest record is that a slot has seen. Old in all slots: nothing is produced. Old in one: its users are asleep, or its partition is not written to.',
    unit: 'seconds',
    queries: one(
      `clamp_min(time() - max by (partition) (segue_stream_time_seconds{${ON_PARTITION}} > 0), 0)`,
      'partition {{partition}}',
    ),
  },
];

const STEPS: readonly PanelSpec[] = [
  {
    kind: 'lines',
    title: 'Steps',
    description:
      'Steps committed a second by each slot. Under load close to 1000 / step-interval-ms, fewer when there is nothing to do. 0 under load: the slot is stuck, see its log.',
    unit: 'a second',
    queries: one(
      `sum by (partition) (rate(segue_steps_total{${ON_PARTITION}}${RATE}))`,
      'partition {{partition}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Duration of a step',
    description:
      'From freezing a step to its local batch. Far above the commit beside it: the local disk is slow.',
    unit: 'seconds',
    queries: quantiles('segue_step_duration_seconds', [0.5, 0.99], ON_PARTITION),
  },
  {
    kind: 'lines',
    title: 'Duration of a commit',
    description:
      'From beginning a transaction to the answer to its commit: the brokers. Rising: look at the brokers (disks, replicas that fell behind).',
    unit: 'seconds',
    queries: quantiles('segue_commit_duration_seconds', [0.5, 0.99], ON_PARTITION),
  },
  {
    kind: 'lines',
    title: 'Records of a step',
    description:
      'Input records committed together. At step-records-max steps are full, and the slot is at its limit or catching up.',
    unit: 'number',
    queries: quantiles('segue_step_records', [0.5, 0.99], ON_PARTITION),
  },
  {
    kind: 'lines',
    title: 'Bytes of a step',
    description:
      'Outputs and table records of a step. At step-bytes-max it is split; brokers refuse larger requests.',
    unit: 'bytes',
    queries: quantiles('segue_step_bytes', [0.5, 0.99], ON_PARTITION),
  },
  {
    kind: 'lines',
    title: 'Commits that did not succeed',
    description:
      'Fenced: another process took the slot over, normal in a rebalance. In doubt: no answer in time, the slot is taken over again and finds out. Refused: read the log. All are harmless once, none is for long. On Kafka only: without it, always 0.',
    unit: 'a second',
    queries: one(
      `sum by (failure) (rate(segue_commit_failures_total{${ON_INSTANCE}}${RATE}))`,
      '{{failure}}',
    ),
  },
];

const SLOTS: readonly PanelSpec[] = [
  {
    kind: 'stack',
    title: 'Slots held',
    description:
      'Slots by process; together all slots of the application. Less than all: somebody has just left, or hangs. Restart what does not answer /health/ready.',
    unit: 'number',
    queries: one('sum by (instance) (segue_slots_held)', '{{instance}}'),
  },
  {
    kind: 'stack',
    title: 'Slots followed',
    description:
      'Standbys by process; together slots times the setting standbys, or less where there are too few processes. Less for long: start more processes. On Kafka only.',
    unit: 'number',
    queries: one('sum by (instance) (segue_standbys_held)', '{{instance}}'),
  },
  {
    kind: 'lines',
    title: 'Standbys, records behind',
    description:
      'Table records that a standby has not taken yet; a take-over replays so many. Growing: its disk is slow or full; read its log. On Kafka only.',
    unit: 'number',
    queries: one(
      `max by (instance, partition) (segue_standby_lag_records{${ON_PARTITION}})`,
      '{{instance}} partition {{partition}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Failed slots',
    description:
      '1 for a slot that has stopped for good, because going on would be wrong. /health/ready of its process has the reason; the alert SegueStreamStopped and its runbook say what to do.',
    unit: 'number',
    queries: one(
      `max by (partition) (segue_slot_failed{${ON_PARTITION}})`,
      'partition {{partition}}',
    ),
    limits: { above: [1, 1] },
  },
  {
    kind: 'lines',
    title: 'Take-overs',
    description:
      'Slots taken over, by what led to it. Assigned: rebalances. Again and again: processes come and go, or brokers do not answer in time. On Kafka only: without it, once, at the start.',
    unit: 'a second',
    queries: one(
      `sum by (cause) (rate(segue_take_overs_total{${ON_INSTANCE}}${RATE}))`,
      '{{cause}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Duration of a take-over',
    description:
      'From the assignment to the first record, nine of ten take-overs since the processes started. Minutes mean that the local state was lost and is rebuilt; keep the data folder on a volume.',
    unit: 'seconds',
    queries: one(
      `histogram_quantile(0.9, sum by (le) (segue_take_over_duration_seconds_bucket{${ON_INSTANCE}}))`,
      'p90',
    ),
  },
  {
    kind: 'lines',
    title: 'Restore, records to go',
    description:
      'Table records still to replay before a slot can go. Not falling: the brokers do not deliver; the alert SegueRestoreStuck and its runbook say what to look at.',
    unit: 'number',
    queries: one(
      `max by (partition) (segue_restore_remaining_records{${ON_PARTITION}})`,
      'partition {{partition}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Restore, share done',
    description:
      'Of a running restore; 1 when the slot runs. Wait while it rises; below 1 and level is stuck.',
    unit: 'share',
    max: 1,
    queries: one(
      `min by (partition) (segue_restore_progress_ratio{${ON_PARTITION}})`,
      'partition {{partition}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Restored records',
    description:
      'Table records replayed into local stores since the processes started; it jumps when a slot moved or came back. As many as the tables hold: local state was lost, keep the data folder on a volume.',
    unit: 'number',
    queries: one(
      `sum by (partition) (segue_restored_records_total{${ON_PARTITION}})`,
      'partition {{partition}}',
    ),
  },
];

export const STREAM: DashboardSpec = {
  uid: 'segue-stream',
  title: 'Stream',
  description: 'Throughput, lag, steps, slots, dead letters and resources, for those who run it.',
  rows: [
    { title: 'Now', panels: NOW },
    { title: 'Throughput', panels: THROUGHPUT },
    { title: 'Lag', panels: LAG },
    { title: 'Steps', panels: STEPS },
    { title: 'Slots', panels: SLOTS },
    { title: 'Resources', panels: RESOURCES },
  ],
};
