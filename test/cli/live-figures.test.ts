import { LiveFigureReader } from '../../src/cli/live-figures';
import { type ShownList, WatchedList } from '../../src/cli/watched-list';
import { PrometheusMeter } from '../../src/telemetry/prometheus-meter';
import { ManualClock } from '../support/manual-clock';

function setUp() {
  const clock = new ManualClock();
  const meter = new PrometheusMeter({ processSeries: false });
  return { clock, meter, reader: new LiveFigureReader(meter, clock, 'listens') };
}

describe('LiveFigureReader', () => {
  it('has nothing to say of a system that has done nothing', () => {
    const { reader } = setUp();
    expect(reader.read()).toEqual({
      runningSeconds: 0,
      listens: { total: 0, perSecond: 0, lag: 0, refreshesWaiting: 0 },
      catalogue: undefined,
      model: undefined,
      freshness: undefined,
      hitRate: undefined,
    });
  });

  it('gives the rate of the last seconds, not of the whole run', () => {
    const { clock, meter, reader } = setUp();
    const count = (by: number) =>
      meter.count('segue_input_records_total', { topic: 'listens', partition: 0 }, by);
    for (let second = 0; second < 20; second++) {
      count(1000);
      clock.advance(1000);
      reader.read();
    }
    for (let second = 0; second < 10; second++) {
      count(50);
      clock.advance(1000);
      reader.read();
    }
    meter.count('segue_input_records_total', { topic: 'listener-changes', partition: 0 }, 1e6);
    const { listens, runningSeconds } = reader.read();
    expect(listens).toMatchObject({ total: 20_500, perSecond: 50 });
    expect(runningSeconds).toBe(30);
  });

  it('gives the freshness of the last minute', () => {
    const { clock, meter, reader } = setUp();
    meter.observe('segue_freshness_seconds', {}, 50);
    expect(reader.read().freshness?.p50Seconds).toBeGreaterThan(30);
    for (let second = 0; second < 70; second++) {
      clock.advance(1000);
      meter.observe('segue_freshness_seconds', {}, 0.055);
      reader.read();
    }
    const { freshness } = reader.read();
    expect(freshness?.p50Seconds).toBeCloseTo(0.055, 2);
    expect(freshness?.p99Seconds).toBeLessThanOrEqual(0.06);
  });

  it('compares personal and popular lists on the same trials', () => {
    const { meter, reader } = setUp();
    meter.count('segue_prediction_trials_total', { judged: 'personal', generation: 1 }, 40);
    meter.count('segue_prediction_trials_total', { judged: 'popular-alone', generation: 1 }, 900);
    const hits = (judged: 'personal' | 'popular-beside', by: number, at: '10' | '20' = '20') =>
      meter.count('segue_prediction_hits_total', { judged, generation: 1, at }, by);
    hits('personal', 10);
    hits('personal', 7, '10');
    hits('popular-beside', 4);
    expect(reader.read().hitRate).toEqual({ depth: 20, trials: 40, personal: 0.25, popular: 0.1 });
  });

  it('shows the catalogue and the model once they are there', () => {
    const { clock, meter, reader } = setUp();
    meter.set('segue_tracks', {}, 100);
    meter.set('segue_tracks_in', {}, 5);
    meter.set('segue_users', {}, 30);
    meter.set('segue_threshold_listeners', {}, 12);
    meter.set('segue_model_generation', {}, 3);
    expect(reader.read().model).toEqual({ generation: 3, ageSeconds: undefined });
    meter.set('segue_model_trained_timestamp_seconds', {}, clock.now() / 1000 - 60);
    expect(reader.read()).toMatchObject({
      catalogue: { tracks: 100, tracksIn: 5, users: 30, threshold: 12 },
      model: { generation: 3, ageSeconds: 60 },
    });
  });
});

describe('WatchedList', () => {
  const list = (ids: string, user = 'u'): ShownList => ({
    user,
    kind: 'personal',
    generation: 1,
    newestListen: undefined,
    tracks: [...ids].map((id) => ({ id, artist: `artist ${id}`, title: `title ${id}` })),
  });
  const ranksBefore = (watched: WatchedList, shown: ShownList) =>
    watched.show(shown)?.tracks.map(({ rankBefore }) => rankBefore);

  it('remembers what moved until the list changes again', () => {
    const clock = new ManualClock();
    const watched = new WatchedList(clock);
    expect(ranksBefore(watched, list('abc'))).toEqual([1, 2, 3]);
    expect(ranksBefore(watched, list('cad'))).toEqual([3, 1, undefined]);
    clock.advance(7000);
    expect(ranksBefore(watched, list('cad'))).toEqual([3, 1, undefined]);
    expect(watched.show(list('cad'))?.changedSecondsAgo).toBe(7);
    expect(ranksBefore(watched, list('cda'))).toEqual([1, 3, 2]);
  });

  it('begins anew with another user', () => {
    const watched = new WatchedList(new ManualClock());
    watched.show(list('abc'));
    expect(ranksBefore(watched, list('xa', 'v'))).toEqual([1, 2]);
    expect(watched.show(undefined)).toBeUndefined();
  });
});
