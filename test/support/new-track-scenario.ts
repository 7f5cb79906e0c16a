/** Two processes on virtual time with a model, listeners who may hear a song that is new, and what must hold of lists. */
import { createHash } from 'node:crypto';
import { Matrix, solve } from 'ml-matrix';
import type { Recommendations } from '../../schemas/records';
import { observedTarget, observedWeight, regularization } from '../../src/als/rule';
import { Administration } from '../../src/app/administration';
import type { StreamProcess } from '../../src/app/stream-process';
import { VirtualSystem } from '../../src/app/virtual-system';
import type { Topic } from '../../src/engine/topology';
import { type AcceptedListen, cleanListen } from '../../streams/by-user/clean-listen';
import { bytesToDoubles, bytesToFloats, ruleFromRecord } from '../../streams/model/model-codec';
import type { ServingModel } from '../../streams/model/serving-model';
import { toListenValue } from '../../streams/simulator/listen-value';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';
import { lastValues, readTable, tableEnds } from '../../streams/tables';
import { DenseLists } from './oracle/lists';

export const LISTENERS_MIN = 10;
const SETTINGS = {
  filterRule: 'min-listeners',
  listenersMin: String(LISTENERS_MIN),
  tracksMin: '5',
  listLength: '20',
  perArtistMax: '0',
  factors: '12',
  alpha: '5',
  lambda: '1',
  epochs: '4',
  partitions: '3',
  trainerThreads: '1',
  firstModelListensMin: '1000000000',
  retrainIntervalMinMs: '365d',
};
const PAST_SECONDS = 1_577_000_000;

export class NewTrackScenario {
  readonly #listeners = new SimulatedListeners({
    ...{ seed: 7, users: 120, tracks: 300, artists: 40, genres: 3, unreleasedShare: 0 },
    ...{ startSeconds: PAST_SECONDS, listensPerSecond: 0, repeatShare: 0.3 },
  });
  readonly processes = new Map<string, StreamProcess>();
  #seconds = PAST_SECONDS + 800_000;

  private constructor(
    readonly system: VirtualSystem,
    readonly administration: Administration,
  ) {}

  /** Two processes, some past, a first model. */
  static async open(settings: Record<string, string> = {}): Promise<NewTrackScenario> {
    const system = await VirtualSystem.open({ settings: { ...SETTINGS, ...settings } });
    const administration = await system.run(
      Administration.open({ ...system, registry: system.registry }),
    );
    const scenario = new NewTrackScenario(system, administration);
    for (const name of ['a', 'b']) await scenario.start(name);
    await scenario.sendPast(12_000);
    await scenario.settle();
    await scenario.retrain();
    return scenario;
  }

  async start(name: string): Promise<void> {
    this.processes.set(name, await this.system.startProcess(name));
  }

  async crash(name: string): Promise<void> {
    this.processes.delete(name);
    await this.system.crash(name);
  }

  async sendPast(count: number): Promise<void> {
    await this.#send(
      Array.from({ length: count }, () => {
        const listen = this.#listeners.next();
        return [listen.userId, toListenValue(listen)] as const;
      }),
    );
  }

  users(count: number): string[] {
    return Array.from({ length: count }, (_, user) => this.#listeners.userId(user));
  }

  /** Each of the users hears the song once. */
  async hear(song: string, users: readonly string[]): Promise<void> {
    await this.#send(
      users.map((user) => {
        this.#seconds += 1;
        return [user, listenTo(song, this.#seconds)] as const;
      }),
    );
  }

  async settle(): Promise<void> {
    for (const process of this.processes.values()) await this.system.settle(process);
  }

  async retrain(settings: Record<string, string> = {}): Promise<void> {
    await this.system.run(this.administration.requestRetrain(settings));
    await this.settle();
  }

  /** What each process knows of a song. */
  items(song: string): (number | undefined)[] {
    return [...this.processes.values()].map(({ loader }) => loader.serving?.itemOf(idOf(song)));
  }

  lists(): Promise<Map<string, Recommendations>> {
    const { administration, system } = this;
    return system.run(lastValues(administration, administration.topics.recommendations));
  }

  /** User → what they played before an offset of their partition, by track. */
  async plays(): Promise<(user: string, position: number) => Map<string, number>> {
    const { administration, system } = this;
    const { listens } = administration.topics;
    const heard = new Map<string, { readonly trackId: string; readonly offset: number }[]>();
    const ends = await system.run(tableEnds(administration, listens.name));
    const read = readTable(administration, listens, ends, (user, listen, offset) => {
      const record = { key: Buffer.from(user), listen: listen!, timestampMs: system.clock.now() };
      const { trackId } = cleanListen(record) as AcceptedListen;
      heard.set(user, [...(heard.get(user) ?? []), { trackId, offset }]);
    });
    await system.run(read);
    return (user, position) => {
      const plays = new Map<string, number>();
      for (const { trackId, offset } of heard.get(user) ?? [])
        if (offset < position) plays.set(trackId, (plays.get(trackId) ?? 0) + 1);
      return plays;
    };
  }

  additions() {
    const { administration, system } = this;
    return system.run(lastValues(administration, administration.topics.itemAdditions));
  }

  async stop(): Promise<void> {
    for (const process of this.processes.values()) await this.system.run(process.stop());
  }

  async #send(listens: readonly (readonly [string, ReturnType<typeof listenTo>])[]): Promise<void> {
    const { topics, codecs } = this.administration;
    const codec = codecs.of(topics.listens);
    await this.system.send(
      listens.map(([user, listen]) => ({
        topic: topics.listens.name,
        key: Buffer.from(user),
        value: codec.encode(listen),
        timestampMs: this.system.clock.now(),
      })),
    );
  }
}

export function idOf(song: string): string {
  const hex = createHash('sha256').update(song).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function listenTo(song: string, listened_at: number): ReturnType<typeof toListenValue> {
  return {
    kind: 'LISTEN',
    listened_at,
    recording_mbid: idOf(song),
    recording_msid: null,
    artist_name: `artist of ${song}`,
    track_name: song,
    release_name: null,
  };
}

/** Faults of all personal lists, each against the generation, the additions and the position that it names. */
export async function listFaults(scenario: NewTrackScenario): Promise<string[]> {
  const { system, administration } = scenario;
  const playsOf = await scenario.plays();
  const models = new Map<string, DenseLists>();
  const faults: string[] = [];
  for (const [user, list] of await scenario.lists()) {
    if (list.kind !== 'PERSONAL') continue;
    const { generation, additions, position, tracks } = list;
    const name = `${generation} ${additions}`;
    if (!models.has(name)) {
      const model = await system.run(administration.model(generation!, additions));
      models.set(name, denseLists(model));
    }
    const ids = tracks.map(({ track_id }) => track_id);
    const fault = models.get(name)!.fault(ids, playsOf(user, position), 20, 1e-5);
    if (fault !== undefined) faults.push(`${user}: ${fault}`);
    for (const { track_id, score } of tracks) {
      const expected = models.get(name)!.scoreOf(track_id, playsOf(user, position))!;
      if (!(Math.abs(score - expected) < 1e-5))
        faults.push(`${user}: scores ${track_id} ${score}, expected ${expected}`);
    }
  }
  return faults;
}

function denseLists(model: ServingModel): DenseLists {
  const { factorCount, alpha, lambda } = model.als.rule;
  return new DenseLists({
    ...{ factorCount, alpha, lambda, nu: 0 },
    factors: model.whole().itemFactors.values,
    trackIds: model.tracks.map(({ trackId }) => trackId),
  });
}

/** The item half step over what the listeners told, by ml-matrix. */
export async function denseFactors({ system, administration }: NewTrackScenario, song: string) {
  const { topics } = administration;
  const told = (await system.run(recordsOf(administration, topics.listenerFactors))).filter(
    ({ key }) => key === idOf(song),
  );
  const { generation } = told.at(-1)!.value;
  const manifest = (await system.run(administration.directory())).manifest(generation)!;
  const rule = ruleFromRecord(manifest.rule);
  const d = rule.factorCount;
  const a = Matrix.from1DArray(d, d, Array.from(bytesToDoubles(manifest.user_gramian)));
  a.mul(rule.unobservedWeight);
  const b = Matrix.zeros(d, 1);
  const users = new Set<string>();
  for (const { value } of told) {
    const factors = bytesToFloats(value.factors);
    for (const [row, user] of value.users.entries()) {
      if (users.has(user)) continue;
      users.add(user);
      const x = Matrix.columnVector(Array.from(factors.subarray(row * d, (row + 1) * d)));
      a.add(x.mmul(x.transpose()).mul(observedWeight(rule, value.plays[row]!)));
      b.add(x.clone().mul(observedTarget(rule, value.plays[row]!)));
    }
  }
  a.add(Matrix.eye(d).mul(regularization(rule, users.size, manifest.users)));
  return { factors: solve(a, b).to1DArray(), listeners: users.size };
}

async function recordsOf<V>(
  administration: Administration,
  topic: Topic<V>,
): Promise<{ readonly key: string; readonly value: V }[]> {
  const found: { readonly key: string; readonly value: V }[] = [];
  const ends = await tableEnds(administration, topic.name);
  await readTable(administration, topic, ends, (key, value) => {
    if (value !== null) found.push({ key, value });
  });
  return found;
}
