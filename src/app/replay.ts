/**
 * A prequential replay: listens in order of time, the first share to train on, the rest streamed through the same
 * topology on virtual time. Each first listen of a track is scored against the lists that were published before it.
 * Repeatable to the last digit: nothing depends on how fast this machine is.
 */
import type { Listen } from '../../schemas/records';
import type { Statistics } from '../../streams/statistics';
import { systemClock } from '../clock';
import type { Options } from '../config';
import { SegueError } from '../errors';
import type { Logger } from '../logger';
import { Administration } from './administration';
import type { StreamProcess } from './stream-process';
import { VirtualSystem } from './virtual-system';

export interface ReplayListen {
  readonly user: string;
  readonly listen: Listen;
}

export interface ReplayOptions {
  readonly trainShare: number;
  /** Listens of the streamed part a second of virtual time. */
  readonly listensPerSecond: number;
  readonly settings: Options;
  readonly logger: Logger;
  readonly onProgress: (done: number, total: number) => void;
}

export interface ReplayResult {
  readonly trained: number;
  readonly streamed: number;
  readonly generation: number | null;
  readonly prediction: Statistics['prediction'];
  readonly statistics: Statistics;
  readonly realSeconds: number;
}

const TICK_MS = 100;
const LOAD_RECORDS = 5000;

/** Throws TRAINING_IMPOSSIBLE and the like as the retrain does: a replay without a model says nothing. */
export async function replay(
  listens: readonly ReplayListen[],
  options: ReplayOptions,
): Promise<ReplayResult> {
  const startedMs = systemClock.monotonicMs();
  const sorted = [...listens].sort(byTime);
  const split = Math.floor(sorted.length * options.trainShare);
  const system = await VirtualSystem.open({
    // No trigger but the one below may retrain, or the figures would say something else.
    settings: {
      ...options.settings,
      firstModelListensMin: 1_000_000_000,
      retrainIntervalMinMs: '365d',
    },
    logger: options.logger,
    startMs: ((sorted.at(-1)?.listen.listened_at ?? 0) + 1) * 1000,
  });
  const process = await system.startProcess();
  for (let from = 0; from < split; from += LOAD_RECORDS) {
    await send(system, process, sorted.slice(from, Math.min(split, from + LOAD_RECORDS)));
  }
  await system.settle(process);
  const administration = await system.run(
    Administration.open({ ...system, registry: system.registry }),
  );
  await system.run(administration.requestRetrain());
  await system.settle(process);
  checkModel(process);
  await stream(system, process, sorted.slice(split), options);
  await system.settle(process);
  const statistics = await system.run(administration.statistics());
  await system.run(process.stop());
  const realSeconds = (systemClock.monotonicMs() - startedMs) / 1000;
  const { generation, prediction } = statistics;
  return {
    trained: split,
    streamed: sorted.length - split,
    generation,
    prediction,
    statistics,
    realSeconds,
  };
}

function checkModel({ loader }: StreamProcess): void {
  if (loader.serving !== undefined) return;
  const last = loader.directory.manifests.at(-1);
  throw new SegueError(
    'TRAINING_IMPOSSIBLE',
    `expected a model of the first part, but it was ${last?.state.toLowerCase() ?? 'not trained'}: ${last?.note ?? ''}`,
  );
}

async function stream(
  system: VirtualSystem,
  process: StreamProcess,
  listens: readonly ReplayListen[],
  { listensPerSecond, onProgress }: ReplayOptions,
): Promise<void> {
  const perTick = Math.max(1, Math.round((listensPerSecond * TICK_MS) / 1000));
  for (let from = 0; from < listens.length; from += perTick) {
    await send(system, process, listens.slice(from, from + perTick));
    await system.clock.advance(TICK_MS);
    onProgress(Math.min(listens.length, from + perTick), listens.length);
  }
}

function send(
  system: VirtualSystem,
  process: StreamProcess,
  listens: readonly ReplayListen[],
): Promise<void> {
  const { topics, runner } = process;
  const codec = runner.codecs.of(topics.listens);
  const timestampMs = system.clock.now();
  return system.send(
    listens.map(({ user, listen }) => ({
      topic: topics.listens.name,
      key: Buffer.from(user, 'utf8'),
      value: codec.encode(listen),
      timestampMs,
    })),
  );
}

function byTime(a: ReplayListen, b: ReplayListen): number {
  return (a.listen.listened_at ?? 0) - (b.listen.listened_at ?? 0);
}
