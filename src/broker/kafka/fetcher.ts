/**
 * Reads from positions that the caller keeps; nothing is remembered between calls but connections. Each
 * leader gets one request. The first answer with something in it ends the call; requests still waiting at
 * other leaders stay out and serve the next call if it asks for the same, which a steady reader does.
 *
 * Callers that fetch at the same time get a lane each, so that nobody queues behind another's long wait.
 */
import { SegueError } from '../../errors';
import type { FetchedBatch, FetchOptions, Position } from '../broker';
import { decodeRecords } from './decode-records';
import { type FetchAnswer, type FetchedPartition, fetchProtocol } from './fetch-protocol';
import type { KafkaCluster, Lane } from './kafka-cluster';
import { KAFKA_CODES, ProtocolFailure } from './kafka-failures';
import { before } from './retrying';

/** Of one request; larger wishes come in several. */
const REQUEST_BYTES_MAX = 32 << 20;
const LANES_MAX = 32;

interface OutstandingFetch {
  readonly key: string;
  readonly answer: Promise<FetchAnswer>;
  settled: boolean;
}

interface FetchLane {
  readonly lane: Lane;
  readonly outstanding: Map<number, OutstandingFetch>;
}

interface LeaderShare {
  readonly leader: number;
  readonly positions: readonly Position[];
}

const keyOf = (positions: readonly Position[]): string =>
  positions
    .map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`)
    .sort()
    .join();

export class Fetcher {
  readonly #idle: FetchLane[] = [];
  readonly #queue: (() => void)[] = [];
  #lanes = 0;
  #turn = 0;

  constructor(private readonly cluster: KafkaCluster) {}

  async fetch(
    positions: readonly Position[],
    options: FetchOptions,
  ): Promise<readonly FetchedBatch[]> {
    const topics = [...new Set(positions.map(({ topic }) => topic))];
    const endMs = this.cluster.clock.monotonicMs() + options.waitMsMax;
    return this.cluster.retry(
      topics,
      async () => {
        for (;;) {
          const batches = await this.#fetchOnce(positions, options, endMs);
          if (batches.length > 0 || endMs - this.cluster.clock.monotonicMs() < 1) return batches;
        }
      },
      Math.max(options.waitMsMax, this.cluster.settings.operationMsMax),
    );
  }

  async #fetchOnce(
    positions: readonly Position[],
    options: FetchOptions,
    endMs: number,
  ): Promise<readonly FetchedBatch[]> {
    const shares = await this.#byLeader(positions);
    const lane = await this.#takeLane(shares);
    try {
      const waitMsMax = Math.max(Math.ceil(endMs - this.cluster.clock.monotonicMs()), 0);
      const asked = shares.map((share) => this.#ask(lane, share, { ...options, waitMsMax }));
      const answers = await firstUseful(asked);
      for (const { leader } of shares)
        if (lane.outstanding.get(leader)?.settled) lane.outstanding.delete(leader);
      return toBatches(answers, positions);
    } catch (error) {
      // What is still out may belong to a leader that has gone.
      lane.outstanding.clear();
      lane.lane.reset();
      throw error;
    } finally {
      this.#idle.push(lane);
      this.#queue.shift()?.();
    }
  }

  async #byLeader(positions: readonly Position[]): Promise<readonly LeaderShare[]> {
    const shares = new Map<number, Position[]>();
    // Each turn begins at another partition, so that none starves when a request is full.
    const first = this.#turn++ % Math.max(positions.length, 1);
    for (const position of [...positions.slice(first), ...positions.slice(0, first)]) {
      const leader = await this.cluster.leader(position);
      const share = shares.get(leader);
      if (share) share.push(position);
      else shares.set(leader, [position]);
    }
    return [...shares].map(([leader, ofLeader]) => ({ leader, positions: ofLeader }));
  }

  /** A lane on which nothing else is waiting at these leaders. */
  async #takeLane(shares: readonly LeaderShare[]): Promise<FetchLane> {
    for (;;) {
      const suits = ({ outstanding }: FetchLane): boolean =>
        shares.every(({ leader, positions }) => {
          const other = outstanding.get(leader);
          return other === undefined || other.settled || other.key === keyOf(positions);
        });
      const index = this.#idle.findIndex(suits);
      if (index >= 0) return this.#idle.splice(index, 1)[0]!;
      if (this.#lanes < LANES_MAX) {
        this.#lanes++;
        return { lane: this.cluster.openLane(), outstanding: new Map() };
      }
      const spare = this.#idle.shift();
      if (spare) {
        spare.outstanding.clear();
        spare.lane.reset();
        return spare;
      }
      await new Promise<void>((resolve) => this.#queue.push(resolve));
      this.cluster.checkOpen();
    }
  }

  #ask(lane: FetchLane, share: LeaderShare, options: FetchOptions): OutstandingFetch {
    const key = keyOf(share.positions);
    const known = lane.outstanding.get(share.leader);
    if (known?.key === key) return known;
    const { clock, settings } = this.cluster;
    const deadlineMs = clock.monotonicMs() + options.waitMsMax + settings.requestTimeoutMs;
    const answer = before(clock, deadlineMs, 'Fetch', this.#send(lane, share, options));
    const outstanding: OutstandingFetch = { key, answer, settled: false };
    const settle = () => {
      outstanding.settled = true;
    };
    answer.then(settle, settle);
    lane.outstanding.set(share.leader, outstanding);
    return outstanding;
  }

  async #send(
    lane: FetchLane,
    { leader, positions }: LeaderShare,
    { waitMsMax, bytesMaxPerPartition }: FetchOptions,
  ): Promise<FetchAnswer> {
    const bytesMax = Math.min(bytesMaxPerPartition * positions.length, REQUEST_BYTES_MAX);
    const connection = await this.cluster.node(leader, lane.lane);
    return connection.send(fetchProtocol({ positions, waitMsMax, bytesMax, bytesMaxPerPartition }));
  }

  close(): void {
    for (const wake of this.#queue.splice(0)) wake();
  }
}

const isUseful = ({ errorCode, partitions }: FetchAnswer): boolean =>
  errorCode !== 0 ||
  partitions.some((partition) => partition.errorCode !== 0 || partition.records.length > 0);

/** The answers there are when the first useful one has come, or all. */
async function firstUseful(asked: readonly OutstandingFetch[]): Promise<readonly FetchAnswer[]> {
  const answers: FetchAnswer[] = [];
  await new Promise<void>((resolve, reject) => {
    let waiting = asked.length;
    if (waiting === 0) resolve();
    for (const { answer } of asked)
      answer.then((found) => {
        answers.push(found);
        waiting--;
        if (waiting === 0 || isUseful(found)) resolve();
      }, reject);
  });
  return answers;
}

function toBatches(
  answers: readonly FetchAnswer[],
  positions: readonly Position[],
): readonly FetchedBatch[] {
  const wanted = new Map(positions.map((one) => [`${one.topic}-${one.partition}`, one]));
  const batches: FetchedBatch[] = [];
  for (const answer of answers) {
    if (answer.errorCode !== 0) throw new ProtocolFailure(answer.errorCode, 'Fetch');
    for (const partition of answer.partitions) {
      const position = wanted.get(`${partition.topic}-${partition.partition}`)!;
      checkPartition(partition, position);
      const batch = toBatch(partition, position);
      if (batch) batches.push(batch);
    }
  }
  return batches;
}

function checkPartition({ errorCode }: FetchedPartition, position: Position): void {
  if (errorCode === 0) return;
  const { topic, partition, offset } = position;
  if (errorCode !== KAFKA_CODES.OFFSET_OUT_OF_RANGE)
    throw new ProtocolFailure(errorCode, `Fetch of ${topic}-${partition}`);
  throw new SegueError(
    'BROKER_OFFSET_OUT_OF_RANGE',
    `${topic}-${partition}: expected offset ${offset} to be there, but it is not in the partition any ` +
      'more (or not yet); records were lost to retention, or the topic was made anew.',
  );
}

function toBatch(fetched: FetchedPartition, { offset }: Position): FetchedBatch | undefined {
  const { topic, partition, records: set, aborted, lastStableOffset } = fetched;
  if (set.length === 0) return undefined;
  const { records, nextOffset } = decodeRecords(set, offset, aborted, `${topic}-${partition}`);
  if (nextOffset === undefined) return undefined;
  return { topic, partition, records, nextOffset, endOffset: lastStableOffset };
}
