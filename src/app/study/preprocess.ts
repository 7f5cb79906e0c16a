/**
 * From files of listens to counted histories: they go through the same topology as live listens, embedded in this
 * process on a folder of its own, so that no rule is written twice. Memory is bounded by the settings, not by the files.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TableRow } from '../../../schemas/records';
import type { FileListen, RefusalReason } from '../../../streams/listen-files/file-entry';
import type { RefusalExample } from '../../../streams/listen-files/send-listens';
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

export interface PreprocessOptions {
  readonly input: ListenFiles;
  /** Of the filter; what else the streams need is chosen here. */
  readonly settings: Pick<Settings, 'filterRule' | 'topShare' | 'listenersMin' | 'tracksMin'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onProgress: (progress: SendProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface ReadFileFigures {
  readonly file: string;
  readonly sent: number;
  readonly refused: number;
  readonly refusedByReason: Readonly<Partial<Record<RefusalReason, number>>>;
  readonly examples: readonly RefusalExample[];
}

/** What the topology counted, over everything that was read. */
export interface PreprocessFigures {
  readonly files: readonly ReadFileFigures[];
  /** Listens by where the id of their track came from. */
  readonly imputation: { readonly mbid: number; readonly msid: number; readonly names: number };
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

/** The table goes to files of `folder`. Throws as reading the files does. */
export async function preprocess(
  folder: string,
  options: PreprocessOptions,
): Promise<PreprocessFigures> {
  const scratch = join(folder, 'streams');
  const startedMs = options.clock.monotonicMs();
  try {
    const { table, figures } = await keepAliveWhile(count(scratch, options));
    await writeTable(folder, table);
    const seconds = (options.clock.monotonicMs() - startedMs) / 1000;
    return { ...figures, seconds, residentBytes: process.resourceUsage().maxRSS * 1024 };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

type CountedFigures = Omit<PreprocessFigures, 'seconds' | 'residentBytes'>;

async function count(
  scratch: string,
  options: PreprocessOptions,
): Promise<{ table: InteractionTable; figures: CountedFigures }> {
  const { clock, logger } = options;
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
    const { files, imputation } = await send(stream, places.broker, settings, options);
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
  { input, clock, onProgress, signal }: PreprocessOptions,
) {
  const imputation = { mbid: 0, msid: 0, names: 0 };
  const summaries = await sendListenFiles(input, {
    broker,
    topics,
    codecs: runner.codecs,
    settings,
    clock,
    onProgress,
    onListen: ({ listen }: FileListen) => {
      if (listen.recording_mbid) imputation.mbid += 1;
      else if (listen.recording_msid) imputation.msid += 1;
      else imputation.names += 1;
    },
    ...(signal && { signal }),
  });
  signal?.throwIfAborted();
  const files = summaries.map(({ source, sent, refused, refusedByReason, examples }) => {
    return { file: source, sent, refused, refusedByReason, examples };
  });
  return { files, imputation };
}
