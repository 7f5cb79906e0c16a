/** Resources of the processes, the last row of the Stream dashboard. */
import { ON_INSTANCE, ON_PARTITION, one, type PanelSpec, quantiles, RATE } from './spec';

export const RESOURCES: readonly PanelSpec[] = [
  {
    kind: 'lines',
    title: 'Processor time',
    description:
      'Processor seconds a second; a training uses further threads. At 1 without a training the event loop is full: add a process.',
    unit: 'number',
    queries: one(
      `rate(process_cpu_seconds_total{job="segue", ${ON_INSTANCE}}${RATE})`,
      '{{instance}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Memory',
    description:
      'Resident memory and JavaScript heap. Bounded by settings (cache-bytes, profile-cache-bytes), not by data: steady growth over days is a fault, report it.',
    unit: 'bytes',
    queries: [
      {
        expr: `process_resident_memory_bytes{job="segue", ${ON_INSTANCE}}`,
        legend: 'resident, {{instance}}',
      },
      {
        expr: `nodejs_heap_size_used_bytes{job="segue", ${ON_INSTANCE}}`,
        legend: 'heap, {{instance}}',
      },
    ],
  },
  {
    kind: 'lines',
    title: 'Event-loop delay, p99',
    description:
      'How late timers run. Above 100 ms freshness suffers and memberships may be lost; the panel Duration of a step tells whether steps are too large.',
    unit: 'seconds',
    queries: one(`nodejs_eventloop_lag_p99_seconds{job="segue", ${ON_INSTANCE}}`, '{{instance}}'),
    limits: { above: [0.1, 0.5] },
  },
  {
    kind: 'lines',
    title: 'Garbage collection',
    description:
      'Seconds of garbage collection a second. Above 0.1: give the process more memory, or smaller caches.',
    unit: 'number',
    queries: one(
      `sum by (instance, kind) (rate(nodejs_gc_duration_seconds_sum{job="segue", ${ON_INSTANCE}}${RATE}))`,
      '{{instance}} {{kind}}',
    ),
    limits: { above: [0.1, 0.3] },
  },
  {
    kind: 'lines',
    title: 'Local stores',
    description:
      'Bytes on disk of each slot. Grows with users times tracks; when the volume fills up, add processes with volumes of their own.',
    unit: 'bytes',
    queries: one(
      `max by (partition) (segue_store_size_bytes{${ON_PARTITION}})`,
      'partition {{partition}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Caches of stores',
    description:
      'Bytes held, at most cache-bytes a process. At the bound with a low hit rate beside it: raise cache-bytes.',
    unit: 'bytes',
    queries: one(`sum by (instance) (segue_cache_size_bytes{${ON_INSTANCE}})`, '{{instance}}'),
  },
  {
    kind: 'lines',
    title: 'Cache hit rate',
    description:
      'Share of reads that need no disk, by store. Low for histories and listener-counts at high load: raise cache-bytes.',
    unit: 'share',
    max: 1,
    queries: one(
      `sum by (store) (rate(segue_cache_lookups_total{result="hit", ${ON_INSTANCE}}${RATE})) / sum by (store) (rate(segue_cache_lookups_total{${ON_INSTANCE}}${RATE}))`,
      '{{store}}',
    ),
  },
  {
    kind: 'lines',
    title: 'HTTP requests',
    description:
      'Answers by route and status. 5xx: read the log. 503 on ready is a process that restores, normal at a start.',
    unit: 'a second',
    queries: one(
      `sum by (route, status) (rate(segue_http_requests_total{${ON_INSTANCE}}${RATE}))`,
      '{{route}} {{status}}',
    ),
  },
  {
    kind: 'lines',
    title: 'HTTP answer time, p99',
    description:
      'Answers wait for the event loop like everything else; high together with its delay, not by themselves.',
    unit: 'seconds',
    queries: quantiles('segue_http_request_duration_seconds', [0.99]),
  },
  {
    kind: 'lines',
    title: 'Scrapes',
    description:
      'How long Prometheus waits for /metrics. Above a second the panels have holes; the process is too busy, or somebody added a label without bound.',
    unit: 'seconds',
    queries: one(`scrape_duration_seconds{job="segue", ${ON_INSTANCE}}`, '{{instance}}'),
    limits: { above: [0.5, 1] },
  },
  {
    kind: 'lines',
    title: 'Counts checked',
    description:
      'Comparisons of counts with a recount, a second; they go on while nothing waits. None for hours: the slots are never idle, so nothing is checked.',
    unit: 'a second',
    queries: one(
      `sum by (check) (rate(segue_count_checks_total{${ON_INSTANCE}}${RATE}))`,
      '{{check}}',
    ),
  },
  {
    kind: 'table',
    title: 'Versions',
    description:
      'Of this program and of Node, by process. Two versions of the program for longer than an update: finish it.',
    unit: 'text',
    queries: one(`max by (instance, version, node_version) (segue_build_info{${ON_INSTANCE}})`, ''),
  },
];
