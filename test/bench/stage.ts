/** Where the benches of the stream play: one application on a test broker, listens to send, figures to wait for. */
import { Administration } from '../../src/app/administration';
import { connect, type Places } from '../../src/app/connect';
import type { OutputRecord } from '../../src/broker/broker';
import { sleep, systemClock } from '../../src/clock';
import { readSettings } from '../../src/config';
import { noLogger } from '../../src/logger';
import { toListenValue } from '../../streams/simulator/listen-value';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';
import { Scrape } from './scrape';
import type { SegueProcess } from './segue-process';

export interface StageOptions {
  readonly brokers: string;
  readonly data: string;
  readonly application: string;
}

const WORLD = { users: 8000, tracks: 60_000, artists: 6000 } as const;
const PAST_SECONDS = 90 * 24 * 3600;
const BATCH = 1000;

/** People and catalogue; a smaller or larger world than the default one. */
export type World = Partial<Record<keyof typeof WORLD, number>>;

export class Stage {
  /** So that no two calls send the same listens, whose repeats change few lists. */
  #seeds = 1;

  private constructor(
    private readonly options: StageOptions,
    readonly places: Places,
    readonly administration: Administration,
  ) {}

  static async open(options: StageOptions): Promise<Stage> {
    const { application } = options;
    const settings = readSettings({ ...options, topicPrefix: `${application}-` }, {});
    const places = await connect(settings, noLogger);
    const administration = await Administration.open({ ...places, settings, clock: systemClock });
    return new Stage(options, places, administration);
  }

  close(): Promise<void> {
    return this.places.close();
  }

  get application(): string {
    return this.options.application;
  }

  get listensTopic(): string {
    return this.administration.topics.listens.name;
  }

  /** `segue run` of this application; several processes of it need a `data` folder each. */
  runArguments(extra: readonly string[] = [], data = this.options.data): string[] {
    const { brokers, application } = this.options;
    const places = ['--brokers', brokers, '--data', data, '--http-port', '0'];
    const names = ['--application', application, '--topic-prefix', `${application}-`];
    return ['run', ...places, ...names, ...extra];
  }

  /** So many listens of the last 90 days, as fast as it goes. */
  async sendPast(listens: number, world: World = {}): Promise<void> {
    const listeners = new SimulatedListeners({
      ...WORLD,
      ...world,
      startSeconds: Math.floor(Date.now() / 1000) - PAST_SECONDS,
      listensPerSecond: listens / PAST_SECONDS,
    });
    const writer = await this.places.broker.writer();
    for (let sent = 0; sent < listens; sent += BATCH) {
      const length = Math.min(BATCH, listens - sent);
      await writer.send(Array.from({ length }, () => this.#record(listeners)));
    }
    await writer.close();
  }

  /** Listens as they happen, evenly, for so many seconds; then two seconds for the last lists. */
  async sendAt(rate: number, seconds: number): Promise<void> {
    const listeners = new SimulatedListeners({
      ...WORLD,
      listenSeed: ++this.#seeds,
      startSeconds: Math.floor(Date.now() / 1000),
      listensPerSecond: rate,
    });
    const writer = await this.places.broker.writer();
    const startedMs = systemClock.monotonicMs();
    for (let sent = 0; sent < rate * seconds; ) {
      const passed = Math.floor(((systemClock.monotonicMs() - startedMs) / 1000) * rate);
      const due = Math.min(rate * seconds, passed);
      const length = Math.max(0, due - sent);
      if (length > 0) await writer.send(Array.from({ length }, () => this.#record(listeners)));
      sent += length;
      await keepAwake(5);
    }
    await keepAwake(2000);
    await writer.close();
  }

  #record(listeners: SimulatedListeners): OutputRecord {
    const { topics, codecs } = this.administration;
    const listen = listeners.next();
    return {
      topic: topics.listens.name,
      key: Buffer.from(listen.userId),
      value: codecs.of(topics.listens).encode(toListenValue(listen)),
      timestampMs: Date.now(),
    };
  }

  /** Until the processes have read so many listens together; answers when. */
  async untilRead(processes: readonly SegueProcess[], listens: number): Promise<number> {
    const label = `topic="${this.listensTopic}"`;
    for (;;) {
      const read = await summed(processes, (scrape) =>
        scrape.sum('segue_input_records_total', label),
      );
      if (read >= listens) return systemClock.monotonicMs();
      await keepAwake(20);
    }
  }
}

/** Until no input is left and, `withRefreshes`, nobody waits for a list; answers when. */
export async function untilDone(
  processes: readonly SegueProcess[],
  withRefreshes: boolean,
): Promise<number> {
  for (;;) {
    const left = await summed(
      processes,
      (scrape) =>
        scrape.sum('segue_lag_records') +
        (withRefreshes ? scrape.sum('segue_refreshes_waiting') : 0),
    );
    if (left === 0) return systemClock.monotonicMs();
    await keepAwake(20);
  }
}

/** Nothing waits and no hand-over is under way, five looks in a row. */
export async function untilQuiet(processes: readonly SegueProcess[]): Promise<void> {
  for (let quiet = 0; quiet < 5; quiet++) {
    await untilDone(processes, true);
    await keepAwake(500);
    const waiting = await summed(
      processes,
      (scrape) =>
        scrape.sum('segue_refreshes_waiting') + scrape.sum('segue_hand_over_waiting_users'),
    );
    if (waiting > 0) quiet = -1;
  }
}

export async function summed(
  processes: readonly SegueProcess[],
  figure: (scrape: Scrape) => number,
): Promise<number> {
  const scrapes = await Promise.all(processes.map(({ url }) => Scrape.of(url)));
  return scrapes.reduce((sum, scrape) => sum + figure(scrape), 0);
}

/** `sleep` does not keep a process alive by itself. */
export async function keepAwake(ms: number): Promise<void> {
  const held = setInterval(() => undefined, 1 << 30);
  await sleep(systemClock, ms);
  clearInterval(held);
}
