/**
 * Simulated listeners for `npm start`: first a past, sent as fast as it goes, so that there is something to learn
 * from; then listens as they happen. The world (artists, tracks, users, tastes) comes from one seed and is the same
 * after every restart; what is listened to is new each time.
 */

import { toListenValue } from '../../streams/simulator/listen-value';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';
import type { OutputRecord, Writer } from '../broker/broker';
import { type Clock, sleep } from '../clock';
import type { StreamProcess } from './stream-process';

export interface SimulatedFeedOptions {
  readonly process: StreamProcess;
  readonly writer: Writer;
  readonly clock: Clock;
  readonly seed: number;
  readonly users: number;
  readonly listensPerSecond: number;
  /** Listens of the past; 0 where there is one already. */
  readonly pastListens: number;
  readonly signal: AbortSignal;
}

const WORLD = { tracks: 4000, artists: 500, genres: 12 } as const;
const PAST_SECONDS = 60 * 24 * 60 * 60;
const BATCH = 500;
const TICK_MS = 20;

export async function feedSimulatedListens(options: SimulatedFeedOptions): Promise<void> {
  const world = { ...WORLD, seed: options.seed, users: options.users };
  await sendPast(options, world);
  const startMs = options.clock.now();
  const listeners = new SimulatedListeners({
    ...world,
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
    if (due.length > 0) await options.writer.send(due);
    if (due.length < BATCH) await sleep(options.clock, TICK_MS);
  }
}

async function sendPast(
  options: SimulatedFeedOptions,
  world: { seed: number; users: number },
): Promise<void> {
  if (options.pastListens === 0) return;
  const listeners = new SimulatedListeners({
    ...WORLD,
    ...world,
    startSeconds: Math.floor(options.clock.now() / 1000) - PAST_SECONDS,
    listensPerSecond: options.pastListens / PAST_SECONDS,
  });
  for (let sent = 0; sent < options.pastListens && !options.signal.aborted; sent += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, options.pastListens - sent) }, () =>
      listeners.next(),
    );
    await options.writer.send(
      batch.map((listen) => toRecord(options, listen, options.clock.now())),
    );
  }
}

type SimulatedListen = ReturnType<SimulatedListeners['next']>;

function toRecord(
  { process }: SimulatedFeedOptions,
  listen: SimulatedListen,
  timestampMs: number,
): OutputRecord {
  const topic = process.topics.listens;
  return {
    topic: topic.name,
    key: Buffer.from(listen.userId, 'utf8'),
    value: process.runner.codecs.of(topic).encode(toListenValue(listen)),
    timestampMs,
  };
}
