/**
 * From files of listens to counted histories: they go through the same topology as live listens, embedded in this
 * process on a folder of its own, so that no rule is written twice. Memory is bounded by the settings, not by the files.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TableRow } from '../../../schemas/records';
import { statistics } from '../../../streams/statistics';
import { lastValues } from '../../../streams/tables';
import { type Clock, keepAliveWhile } from '../../clock';
import { type Options, readSettings, type Settings } from '../../config';
import type { Logger } from '../../logger';
import { type InteractionTable, writeTable } from '../../study/interaction-table';
import { noMeter } from '../../telemetry/meter';
import { connect } from '../connect';
import { type ListenFiles, type SendProgress, sendListenFiles } from '../listen-sending';
import { bootId, LocalSlots } from '../local-slots';
import { streamSettings } from '../program-settings';
import { StreamProcess } from '../stream-process';
import { exportHistories } from './export-histories';
import {
  addSummaries,
  type Imputation,
  ImputationCount,
  loadReadSoFar,
  type ReadFileFigures,
  type ReadSoFar,
  saveReadSoFar,
} from './read-files';

export interface PreprocessOptions {
  readonly input: ListenFiles;
  /** Of the filter; what else the streams need is chosen here. */
  readonly settings: Pick<Settings, 'filterRule' | 'topShare' | 'listenersMin' | 'tracksMin'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onProgress: (progress: SendProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

/** What the topology counted, over everything that was read. */
export interface PreprocessFigures {
  readonly files: readonly ReadFileFigures[];
  readonly imputation: Imputation;
  readonly listens: number;
  readonly duplicates: number;
  readonly deletions: number;
  readonly deadLetters: Readonly<Record<string, number>>;
  readonly users: number;
  readonly tracks: number;
  readonly pairs: number;
  readonly threshold: number;
  readonly thresholdRule: string;
  readonly tracksIn: number;
  readonly table1: readonly TableRow[];
  readonly table2: readonly TableRow[];
  readonly seconds: number;
  /** Largest resident memory of the process so far. */
  readonly residentBytes: number;
}

/** Nobody reads lists here: they are as short as can be, and what the streams remember beside counts is little. */
const COUNTING_ONLY: Options = {
  trainer: 'none',
  firstModelListensMin: 1_000_000_000,
  listLength: 1,
  perArtistMax: 0,
  popularDepth: 1,
  popularRefreshMs: '1h',
  profileCacheBytes: '16MiB',
  cacheBytes: '64MiB',
  stepRecordsMax: 5000,
  stepIntervalMs: 100,
  refreshBudgetMs: '1s',
  stepBytesMax: 2_000_000,
};

/**
 * The table goes to files of `folder`. Throws as reading the files does; where the signal ends it, what has been read
 * and counted stays in the folder, and the next run goes on behind it.
 */
export async function preprocess(
  folder: string,
  options: PreprocessOptions,
): Promise<PreprocessFigures> {
  const places = { scratch: join(folder, 'streams'), soFar: join(folder, 'read-so-far.json') };
  const startedMs = options.clock.monotonicMs();
  const { table, figures } = await keepAliveWhile(count(places, options));
  await writeTable(folder, table);
  for (const path of Object.values(places)) rmSync(path, { recursive: true, force: true });
  const seconds = (options.clock.monotonicMs() - startedMs) / 1000;
  return { ...figures, seconds, residentBytes: process.resourceUsage().maxRSS * 1024 };
}

type CountedFigures = Omit<PreprocessFigures, 'seconds' | 'residentBytes'>;

async function count(
  { scratch, soFar }: { readonly scratch: string; readonly soFar: string },
  options: PreprocessOptions,
): Promise<{ table: InteractionTable; figures: CountedFigures }> {
  const { clock, logger, signal } = options;
  const before = loadReadSoFar(soFar);
  if (before.entries === 0) rmSync(scratch, { recursive: true, force: true });
  // From no environment: a study never touches anybody's Kafka.
  const settings = readSettings({ ...options.settings, ...COUNTING_ONLY, data: scratch }, {});
  const places = await connect(settings, logger, { asOwner: true });
  const local = new LocalSlots(settings, logger);
  const stream = new StreamProcess({
    settings,
    ...places,
    clock,
    meter: noMeter,
    logger,
    bootId: bootId(clock.now()),
    openDatabase: (slot, anew) => local.open(slot, anew),
    localSlots: () => local.list(),
  });
  try {
    await stream.start();
    const read = await send(stream, places.broker, settings, before, options);
    if (signal?.aborted) saveReadSoFar(soFar, read);
    signal?.throwIfAborted();
    await stream.untilCaughtUp();
    const table = await exportHistories(stream);
    const progress = await lastValues(
      { broker: places.broker, codecs: stream.runner.codecs },
      stream.topics.progress,
    );
    const counted = statistics({
      progress: [...progress.values()],
      rule: streamSettings(settings).threshold,
      usersIn: 0,
      promoted: undefined,
    });
    const { files, imputation } = read;
    return { table, figures: { files, imputation, ...countsOf(counted) } };
  } finally {
    await stream.stop();
    await places.close();
  }
}

function countsOf(counted: ReturnType<typeof statistics>) {
  const { listens, duplicates, deletions, deadLetters, users, tracks, pairs } = counted;
  const { threshold, thresholdRule, tracksIn, table1, table2 } = counted;
  const totals = { listens, duplicates, deletions, deadLetters, users, tracks, pairs };
  return { ...totals, threshold, thresholdRule, tracksIn, table1, table2 };
}

async function send(
  { topics, runner }: StreamProcess,
  broker: Awaited<ReturnType<typeof connect>>['broker'],
  settings: Settings,
  before: ReadSoFar,
  { input, clock, onProgress, signal }: PreprocessOptions,
): Promise<ReadSoFar> {
  const imputation = new ImputationCount(before.imputation);
  const sentBefore = before.files.reduce((sum, { sent }) => sum + sent, 0);
  const rest = {
    skip: before.entries,
    ...(input.limit !== undefined && { limit: input.limit - sentBefore }),
  };
  const summaries = await sendListenFiles(
    { ...input, ...rest },
    {
      broker,
      topics,
      codecs: runner.codecs,
      settings,
      clock,
      onProgress,
      onListen: (listen) => imputation.take(listen),
      ...(signal && { signal }),
    },
  );
  return addSummaries(before, summaries, imputation.counts);
}
