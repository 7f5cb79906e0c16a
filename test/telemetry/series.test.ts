import { noMeter } from '../../src/telemetry/meter';
import { labelsTable, metricsTable, SERIES } from '../../src/telemetry/series';
import { CLOSED_LABELS, OPEN_LABELS, type Series } from '../../src/telemetry/series-kinds';

const all = Object.entries<Series>(SERIES);

describe('the table of series', () => {
  it.each(all)('names %s by the rules of Prometheus', (name, { type, unit }) => {
    expect(name).toMatch(/^segue_[a-z][a-z0-9_]*$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(name).not.toMatch(/_(count|sum|bucket)$/);
    expect(name).not.toMatch(/_(ms|milliseconds|kb|percent|minutes|hours)(_|$)/);
    const bare = name.replace(/_total$/, '');
    if (unit !== '') expect(bare.endsWith(`_${unit}`)).toBe(true);
    else expect(bare).not.toMatch(/_(seconds|bytes|ratio)$/);
  });

  it.each(all)('explains %s in a sentence that fits a table', (_name, { help }) => {
    expect(help).toMatch(/^[A-Z1(].*\.$/);
    expect(help).not.toMatch(/[|\n]/);
  });

  it.each(all)('gives %s ascending buckets where it is a histogram', (_name, series) => {
    const { type, buckets = [] } = series;
    expect(buckets.length > 0).toBe(type === 'histogram');
    expect([...buckets].sort((a, b) => a - b)).toEqual(buckets);
    expect(new Set(buckets).size).toBe(buckets.length);
  });

  it('carries no label for a user, a track, an artist or an id', () => {
    for (const label of [...Object.keys(CLOSED_LABELS), ...Object.keys(OPEN_LABELS)])
      expect(label).not.toMatch(/^(user|track|artist|item)(_|$)|_id$/);
  });

  it('uses every label that is declared', () => {
    const used = new Set(all.flatMap(([, { labels }]) => labels));
    expect([...Object.keys(CLOSED_LABELS), ...Object.keys(OPEN_LABELS)].sort()).toEqual(
      [...used].sort(),
    );
  });

  it('measures freshness from 10 ms to 60 s', () => {
    const { buckets } = SERIES.segue_freshness_seconds;
    expect([buckets.at(0), buckets.at(-1)]).toEqual([0.01, 60]);
  });

  it('prints itself as Markdown, a row a series', () => {
    const lines = metricsTable().split('\n');
    expect(lines).toHaveLength(all.length + 3);
    expect(lines).toContain(
      '| `segue_lag_seconds` | gauge | `topic`, `partition` | seconds | Age of the oldest record of an input partition that is not processed yet; 0 when caught up. |',
    );
    expect(labelsTable()).toContain('| `list` | `personal`, `popular` |');
  });

  it('refuses at compile time what is not in it', () => {
    const meter = noMeter;
    meter.count('segue_lists_published_total', { list: 'personal' });
    // @ts-expect-error a name that is not in the table
    meter.count('segue_lists_printed_total', { list: 'personal' });
    // @ts-expect-error a closed label with another value
    meter.count('segue_lists_published_total', { list: 'private' });
    // @ts-expect-error a label is missing
    meter.count('segue_lists_published_total', {});
    // @ts-expect-error a label too many
    meter.count('segue_lists_published_total', { list: 'personal', topic: 'listens' });
    // @ts-expect-error a label where the series has none
    meter.set('segue_users', { list: 'personal' }, 1);
    // @ts-expect-error a gauge is not counted
    meter.count('segue_users', {});
    expect(meter).toBe(noMeter);
  });
});
