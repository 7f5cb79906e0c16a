/** What has been read of the files of a study so far, over all runs of an interrupted one. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { FileListen, RefusalReason } from '../../../streams/listen-files/file-entry';
import type { RefusalExample } from '../../../streams/listen-files/send-listens';
import type { SendSummary } from '../listen-sending';

export interface ReadFileFigures {
  readonly file: string;
  readonly sent: number;
  readonly refused: number;
  readonly refusedByReason: Readonly<Partial<Record<RefusalReason, number>>>;
  readonly examples: readonly RefusalExample[];
}

/** Listens by where the id of their track came from. */
export interface Imputation {
  readonly mbid: number;
  readonly msid: number;
  readonly names: number;
}

export interface ReadSoFar {
  readonly files: readonly ReadFileFigures[];
  readonly imputation: Imputation;
  /** Of all files, behind which reading goes on. */
  readonly entries: number;
}

const NOTHING: ReadSoFar = { files: [], imputation: { mbid: 0, msid: 0, names: 0 }, entries: 0 };
const EXAMPLES_MAX = 10;

/** Nothing where there is no such file. */
export function loadReadSoFar(path: string): ReadSoFar {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ReadSoFar) : NOTHING;
}

export function saveReadSoFar(path: string, read: ReadSoFar): void {
  writeFileSync(path, JSON.stringify(read));
}

/** Counts ids as they are read. */
export class ImputationCount {
  readonly #counts: { -readonly [kind in keyof Imputation]: number };

  constructor(before: Imputation) {
    this.#counts = { ...before };
  }

  take({ listen }: FileListen): void {
    if (listen.recording_mbid) this.#counts.mbid += 1;
    else if (listen.recording_msid) this.#counts.msid += 1;
    else this.#counts.names += 1;
  }

  get counts(): Imputation {
    return { ...this.#counts };
  }
}

/**
 * `summaries`: of the files from the first one on; what was passed over has been sent before. A run may end while it
 * still passes over, and then adds nothing.
 */
export function addSummaries(
  before: ReadSoFar,
  summaries: readonly SendSummary[],
  imputation: Imputation,
): ReadSoFar {
  return {
    files: [
      ...summaries.map((summary, at) => addSummary(before.files[at], summary)),
      ...before.files.slice(summaries.length),
    ],
    imputation,
    entries: Math.max(
      before.entries,
      summaries.reduce((sum, { entries }) => sum + entries, 0),
    ),
  };
}

function addSummary(
  before: ReadFileFigures | undefined,
  { source, sent, refused, refusedByReason, examples }: SendSummary,
): ReadFileFigures {
  const byReason: Partial<Record<RefusalReason, number>> = { ...before?.refusedByReason };
  for (const [reason, count] of Object.entries(refusedByReason) as [RefusalReason, number][])
    byReason[reason] = (byReason[reason] ?? 0) + count;
  return {
    file: source,
    sent: (before?.sent ?? 0) + sent,
    refused: (before?.refused ?? 0) + refused,
    refusedByReason: byReason,
    examples: [...(before?.examples ?? []), ...examples].slice(0, EXAMPLES_MAX),
  };
}
