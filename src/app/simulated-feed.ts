/**
 * Simulated listeners for `npm start` and `segue simulate`: first a past, sent as fast as it goes, so that there is something to learn
 * from; then listens as they happen. The world (artists, tracks, users, tastes) comes from one seed and is the same
 * after every restart; what is listened to is new each time.
 */
import type { Listen } from '../../schemas/records';
import { toListenValue } from '../../streams/simulator/listen-value';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';
import type { Broker, OutputRecord, Writer } from '../broker/broker';
import { type Clock, sleep } from '../clock';
import type { Topic } from '../engine/topology';
import type { Codec } from '../schema-registry/schema-registry';

/** What `npm start` begins with; its first model waits for most of it. */
export const PAST_LISTENS = 60_000;

export interface SimulatedFeedOptions {
  readonly broker: Broker;
  readonly topic: Topic<Listen>;
  readonly codec: Codec<Listen>;
  readonly clock: Clock;
  readonly seed: number;
  readonly users: number;
  readonly listensPerSecond: number;
  /** Sent where the topic is empty; otherwise there is a past already. */
  readonly pastListens: number;
  readonly onPastSent?: () => Promise<void>;
  readonly signal: AbortSignal;
}

const WORLD = { tracks: 4000, artists: 500, genres: 12 } as const;
const PAST_SECONDS = 60 * 24 * 60 * 60;
const BATCH = 500;
const TICK_MS = 20;

/** Until `signal`. */
export async function feedSimulatedListens(options: SimulatedFeedOptions): Promise<void> {
  const writer = await options.broker.writer();
  const ranges = await options.broker.ranges(options.topic.name);
  if (ranges.every(({ end }) => end === 0)) {
    await sendPast(options, writer);
    await options.onPastSent?.();
  }
  await sendPresent(options, writer);
  await writer.close();
}

async function sendPresent(options: SimulatedFeedOptions, writer: Writer): Promise<void> {
  const startMs = options.clock.now();
  const listeners = new SimulatedListeners({
    ...worldOf(options),
    listenSeed: startMs % 2 ** 31,
    startSeconds: Math.floor(startMs / 1000),
    listensPerSecond: options.listensPerSecond,
  });
  let next = listeners.next();
  while (!options.signal.aborted) {
    const due: OutputRecord[] = [];
    while (next.producedAtMs <= options.clock.now() && due.length < BATCH) {
      due.push(toRecord(options, next, next.producedAtMs));
      next = listeners.next();
    }
    if (due.length > 0) await writer.send(due);
    if (due.length < BATCH) await sleep(options.clock, TICK_MS);
  }
}

async function sendPast(options: SimulatedFeedOptions, writer: Writer): Promise<void> {
  const listeners = new SimulatedListeners({
    ...worldOf(options),
    startSeconds: Math.floor(options.clock.now() / 1000) - PAST_SECONDS,
    listensPerSecond: options.pastListens / PAST_SECONDS,
  });
  for (let sent = 0; sent < options.pastListens && !options.signal.aborted; sent += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, options.pastListens - sent) }, () =>
      listeners.next(),
    );
    await writer.send(batch.map((listen) => toRecord(options, listen, options.clock.now())));
  }
}

type SimulatedListen = ReturnType<SimulatedListeners['next']>;

function worldOf({ seed, users }: SimulatedFeedOptions) {
  return { ...WORLD, seed, users };
}

function toRecord(
  { topic, codec }: SimulatedFeedOptions,
  listen: SimulatedListen,
  timestampMs: number,
): OutputRecord {
  return {
    topic: topic.name,
    key: Buffer.from(listen.userId, 'utf8'),
    value: codec.encode(toListenValue(listen)),
    timestampMs,
  };
}
