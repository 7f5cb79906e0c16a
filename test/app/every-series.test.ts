import { Administration } from '../../src/app/administration';
import type { StreamProcess } from '../../src/app/stream-process';
import { VirtualSystem } from '../../src/app/virtual-system';
import { PrometheusMeter } from '../../src/telemetry/prometheus-meter';
import { SERIES, SLOT_GAUGES } from '../../src/telemetry/series';
import { toListenValue } from '../../streams/simulator/listen-value';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';

const SETTINGS = {
  filterRule: 'min-listeners',
  listenersMin: '3',
  factors: '16',
  epochs: '3',
  partitions: '2',
  trainerThreads: '1',
  firstModelListensMin: '1000000000',
  retrainIntervalMinMs: '365d',
  standbys: '1',
};

/** Fed by what this scenario has not: HTTP and a disk; faults. */
const FED_ELSEWHERE = [
  'segue_build_info',
  'segue_http_requests_total',
  'segue_http_request_duration_seconds',
  'segue_store_size_bytes',
  'segue_commit_failures_total',
  'segue_count_check_failures_total',
  'segue_series_refused_total',
];

/** 0 is the right value in the end, or at any time. */
const MAY_BE_ZERO = [
  'segue_lag_records',
  'segue_lag_seconds',
  'segue_refreshes_waiting',
  'segue_hand_over_waiting_users',
  'segue_restore_remaining_records',
  'segue_standby_lag_records',
  'segue_slot_failed',
];

class Scenario {
  readonly meter = new PrometheusMeter({ processSeries: false });
  readonly #listeners = new SimulatedListeners({
    ...{ seed: 5, users: 60, tracks: 400, artists: 60, genres: 4, unreleasedShare: 0 },
    ...{ startSeconds: 1_500_000_000, listensPerSecond: 0 },
  });
  system!: VirtualSystem;
  process!: StreamProcess;

  async open(): Promise<void> {
    this.system = await VirtualSystem.open({ settings: SETTINGS, meter: this.meter });
    this.process = await this.system.startProcess();
  }

  async listen(count: number, change: (value: object) => object = (value) => value) {
    const { topics, runner } = this.process;
    const records = Array.from({ length: count }, () => {
      const listen = this.#listeners.next();
      const value = change(toListenValue(listen)) as ReturnType<typeof toListenValue>;
      return {
        topic: topics.listens.name,
        key: Buffer.from(listen.userId),
        value: runner.codecs.of(topics.listens).encode(value),
        timestampMs: this.system.clock.now(),
      };
    });
    await this.system.send(records);
    return records;
  }

  async stream(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      await this.listen(5);
      await this.system.clock.advance(500);
    }
    await this.system.settle(this.process);
  }

  async retrain(): Promise<void> {
    const { system } = this;
    const administration = await system.run(
      Administration.open({ ...system, registry: system.registry }),
    );
    await system.run(administration.requestRetrain());
    await system.settle(this.process);
  }

  /** Series → largest of its values (of a histogram: its count). */
  async values(): Promise<Map<string, number>> {
    const values = new Map<string, number>();
    for (const line of (await this.meter.text()).split('\n')) {
      const found = /^(\w+?)(_count)?(?:\{.*\})? (\S+)$/.exec(line);
      if (found === null) continue;
      const [, name = '', , value] = found;
      values.set(name, Math.max(values.get(name) ?? 0, Number(value)));
    }
    return values;
  }
}

describe('the series', () => {
  let values: Map<string, number>;
  const scenario = new Scenario();

  beforeAll(async () => {
    await scenario.open();
    const past = await scenario.listen(8000);
    await scenario.system.settle(scenario.process);
    await scenario.retrain();
    await scenario.stream(60);
    await scenario.retrain();
    await scenario.system.send(past.slice(0, 10));
    await scenario.listen(1, (value) => ({ ...value, listened_at: 1 }));
    const deletions = await scenario.listen(5);
    await scenario.system.send(
      deletions.map((record) => {
        const codec = scenario.process.runner.codecs.of(scenario.process.topics.listens);
        return {
          ...record,
          value: codec.encode({ ...codec.decode(record.value), kind: 'DELETION' }),
        };
      }),
    );
    await scenario.stream(40);
    // Another process's disk is empty: it restores everything.
    await scenario.system.run(scenario.process.stop());
    scenario.process = await scenario.system.startProcess('b');
    const follower = await scenario.system.startProcess('c');
    await scenario.stream(10);
    values = await scenario.values();
    await scenario.system.run(follower.stop());
  });

  afterAll(() => scenario.system.run(scenario.process.stop()));

  it.each(Object.keys(SERIES).filter((name) => !FED_ELSEWHERE.includes(name)))(
    'has something that feeds %s',
    (name) => {
      const value = values.get(name);
      if (MAY_BE_ZERO.includes(name)) expect(value).toBeDefined();
      else expect(value).toBeGreaterThan(0);
    },
  );

  it('finds every count equal to its recount', async () => {
    expect(values.get('segue_count_checks_total')).toBeGreaterThan(10);
    expect(values.get('segue_count_check_failures_total')).toBe(0);
  });

  it('says in stages what freshness says as a whole', async () => {
    const text = await scenario.meter.text();
    const sum = (pattern: RegExp) =>
      [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
    const whole = sum(/^segue_freshness_seconds_sum (\S+)$/gm);
    const stages = sum(/^segue_freshness_stage_seconds_sum\{.*\} (\S+)$/gm);
    expect(whole).toBeGreaterThan(1);
    // Computing takes no virtual time; two of the stages are measured by the other clock.
    expect(stages).toBeCloseTo(whole, 6);
  });

  it('counts every user under the one list they have', async () => {
    const { filter } = scenario.process.figures;
    const { sums = {}, users } = filter!;
    const lists = (sums['live.lists.personal'] ?? 0) + (sums['live.lists.popular'] ?? 0);
    expect(lists).toBe(users);
  });

  it('exports nothing of slots that are gone', async () => {
    const meter = new PrometheusMeter({ processSeries: false });
    const system = await VirtualSystem.open({ settings: SETTINGS, meter });
    const process = await system.startProcess();
    await system.clock.advance(1000);
    expect(await meter.text()).toMatch(/^segue_stream_time_seconds\{partition="1"\}/m);
    await system.run(process.stop());
    const text = await meter.text();
    expect(SLOT_GAUGES.length).toBeGreaterThan(5);
    expect(SLOT_GAUGES.filter((name) => text.includes(`\n${name}{`))).toEqual([]);
  });
});
