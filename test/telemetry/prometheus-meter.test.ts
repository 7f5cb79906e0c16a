import { noMeter } from '../../src/telemetry/meter';
import { PrometheusMeter } from '../../src/telemetry/prometheus-meter';
import { SERIES } from '../../src/telemetry/series';

const plain = () => new PrometheusMeter({ processSeries: false });

async function linesOf(meter: PrometheusMeter, name: string): Promise<readonly string[]> {
  const text = await meter.text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

describe('PrometheusMeter', () => {
  it('counts through a handle and through the short form alike', async () => {
    const meter = plain();
    const labels = { part: 'by-user', processor: 'keep-history' } as const;
    const handle = meter.counter('segue_records_in_total', labels);
    handle.add();
    handle.add(4);
    meter.count('segue_records_in_total', labels, 2);
    expect(await linesOf(meter, 'segue_records_in_total')).toEqual([
      'segue_records_in_total{part="by-user",processor="keep-history"} 7',
    ]);
    expect(meter.read('segue_records_in_total', { processor: 'keep-history' })).toBe(7);
    expect(meter.read('segue_records_in_total', { processor: 'other' })).toBe(0);
  });

  it('keeps a counter from going down', () => {
    const meter = plain();
    meter.count('segue_retrains_total', { outcome: 'failed' }, 2);
    meter.count('segue_retrains_total', { outcome: 'failed' }, -1);
    expect(meter.read('segue_retrains_total')).toBe(2);
  });

  it('gives every scrape the same figures when nothing was measured between', async () => {
    const meter = plain();
    meter.count('segue_steps_total', { partition: 3 }, 5);
    meter.observe('segue_freshness_seconds', {}, 0.2);
    expect(await meter.text()).toBe(await meter.text());
  });

  it('exports counters with closed labels as 0 from the start, and gauges only once set', async () => {
    const meter = plain();
    expect(await linesOf(meter, 'segue_lists_published_total')).toEqual([
      'segue_lists_published_total{list="personal"} 0',
      'segue_lists_published_total{list="popular"} 0',
    ]);
    expect(await linesOf(meter, 'segue_model_generation')).toEqual([]);
    meter.set('segue_model_generation', {}, 3);
    expect(await linesOf(meter, 'segue_model_generation')).toEqual(['segue_model_generation 3']);
  });

  it('cumulates a histogram with sum and count', async () => {
    const meter = plain();
    const handle = meter.histogram('segue_ranking_scanned_ratio', {});
    for (const value of [0.01, 0.015, 0.9, Number.NaN]) handle.observe(value);
    const buckets = await linesOf(meter, 'segue_ranking_scanned_ratio_bucket');
    expect(buckets).toHaveLength(SERIES.segue_ranking_scanned_ratio.buckets.length + 1);
    expect(buckets).toContain('segue_ranking_scanned_ratio_bucket{le="0.01"} 1');
    expect(buckets).toContain('segue_ranking_scanned_ratio_bucket{le="0.02"} 2');
    expect(buckets).toContain('segue_ranking_scanned_ratio_bucket{le="0.7"} 2');
    expect(buckets).toContain('segue_ranking_scanned_ratio_bucket{le="+Inf"} 3');
    expect(await linesOf(meter, 'segue_ranking_scanned_ratio_count')).toEqual([
      'segue_ranking_scanned_ratio_count 3',
    ]);
    expect(meter.snapshot('segue_ranking_scanned_ratio').sum).toBeCloseTo(0.925);
  });

  it('adds label combinations up in a snapshot', () => {
    const meter = plain();
    meter.observe('segue_step_records', { partition: 0 }, 10);
    meter.observe('segue_step_records', { partition: 1 }, 10);
    expect(meter.snapshot('segue_step_records').count).toBe(2);
    expect(meter.snapshot('segue_step_records', { partition: 1 }).count).toBe(1);
  });

  it('stops exporting what was removed, and starts anew when it comes back', async () => {
    const meter = plain();
    meter.set('segue_refreshes_waiting', { partition: 0 }, 5);
    meter.set('segue_refreshes_waiting', { partition: 1 }, 6);
    meter.remove('segue_refreshes_waiting', { partition: 0 });
    expect(await linesOf(meter, 'segue_refreshes_waiting')).toEqual([
      'segue_refreshes_waiting{partition="1"} 6',
    ]);
    expect(meter.read('segue_refreshes_waiting')).toBe(6);
  });

  it('bounds the label combinations of a series and counts what it refuses', async () => {
    const meter = new PrometheusMeter({ processSeries: false, childrenMax: 20 });
    for (let generation = 1; generation <= 23; generation++)
      meter.count('segue_prediction_trials_total', { judged: 'personal', generation });
    expect(await linesOf(meter, 'segue_prediction_trials_total')).toHaveLength(20);
    expect(meter.read('segue_series_refused_total')).toBe(3);
  });

  it('escapes label values', async () => {
    const meter = plain();
    meter.count('segue_dead_letters_total', { topic: 'a"b\\c\nd', reason: 'X' });
    expect(await linesOf(meter, 'segue_dead_letters_total')).toEqual([
      'segue_dead_letters_total{topic="a\\"b\\\\c\\nd",reason="X"} 1',
    ]);
  });

  it('exports a HELP and a TYPE line for every series, and the figures of the process', async () => {
    const meter = new PrometheusMeter();
    const text = await meter.text();
    for (const [name, { type, help }] of Object.entries(SERIES)) {
      expect(text).toContain(`# HELP ${name} ${help}\n`);
      expect(text).toContain(`# TYPE ${name} ${type}\n`);
    }
    for (const name of [
      'nodejs_eventloop_lag_p99_seconds',
      'process_resident_memory_bytes',
      'nodejs_heap_size_used_bytes',
      'process_cpu_seconds_total',
    ])
      expect(text).toMatch(new RegExp(`^${name} `, 'm'));
    expect(meter.contentType).toContain('text/plain');
  });
});

describe('noMeter', () => {
  it('takes everything and keeps nothing', () => {
    noMeter.counter('segue_steps_total', { partition: 0 }).add(1);
    noMeter.gauge('segue_users', {}).set(1);
    noMeter.histogram('segue_freshness_seconds', {}).observe(1);
    noMeter.count('segue_steps_total', { partition: 0 });
    noMeter.set('segue_users', {}, 1);
    noMeter.observe('segue_freshness_seconds', {}, 1);
    expect(noMeter.remove('segue_users', {})).toBeUndefined();
  });
});
