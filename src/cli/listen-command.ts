/** `segue listen FILE…`: sends listens from files, with progress, and says what was sent and what was refused. */
import type { Command } from 'commander';
import { type SendProgress, type SendSummary, sendListenFiles } from '../app/listen-sending';
import { keepAliveWhile, systemClock } from '../clock';
import type { Options } from '../config';
import {
  addSettings,
  PLACE_OPTIONS,
  print,
  printJson,
  withAdministration,
} from './command-context';
import { progressLine, summaryLines, summaryObject } from './listen-report';
import { positiveInteger } from './option-values';
import { addReadingOptions, type ReadingFlags, readingOf } from './reading-options';

/** Between two lines where nobody watches; a terminal is written over more often. */
const PLAIN_INTERVAL_MS = 5000;

interface ListenOptions extends Options, ReadingFlags {
  readonly delete?: boolean;
  readonly skip?: number;
  readonly limit?: number;
  readonly rate?: number;
  readonly json?: boolean;
}

export function registerListen(program: Command): void {
  const command = program
    .command('listen <file...>')
    .description('send listens from files (- is the standard input): dumps, exports, text, Parquet')
    .option('--delete', 'the files list listens that are to be deleted')
    .option(
      '--skip <number>',
      'pass over so many entries: where an interrupted run says it got to',
      positiveInteger,
    )
    .option('--limit <number>', 'send at most so many listens', positiveInteger)
    .option('--rate <number>', 'send at most so many listens a second', positiveInteger)
    .option('--json', 'one JSON object a line: a summary of each file')
    .action((files: string[], options: ListenOptions) => listen(files, options));
  addReadingOptions(command);
  addSettings(command, [...PLACE_OPTIONS, 'record-bytes-max']);
}

async function listen(files: readonly string[], options: ListenOptions): Promise<void> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  const report = progressReporter();
  let entries = 0;
  await withAdministration(options, ({ settings, administration }) =>
    keepAliveWhile(
      sendListenFiles(
        {
          files,
          ...readingOf(options),
          isDeletion: options.delete,
          skip: options.skip,
          limit: options.limit,
          ratePerSecond: options.rate,
        },
        {
          broker: administration.broker,
          topics: administration.topics,
          codecs: administration.codecs,
          settings,
          clock: systemClock,
          onProgress: report.show,
          onSummary: (summary) => {
            report.end();
            entries += summary.entries;
            tell(summary, options.json === true);
          },
          signal: interrupted.signal,
        },
      ).finally(report.end),
    ),
  );
  if (!interrupted.signal.aborted) return;
  process.stderr.write(`interrupted; go on with --skip ${entries}\n`);
  process.exitCode = 130;
}

function tell(summary: SendSummary, asJson: boolean): void {
  if (asJson) printJson(summaryObject(summary));
  else for (const line of summaryLines(summary)) print(line);
  // A file of which nothing could be used is a mistake of the caller's.
  if (summary.sent === 0 && summary.refused > 0) process.exitCode = 1;
}

/** On a terminal one line that is written over, elsewhere a plain line now and then; on the error output. */
function progressReporter() {
  const isTerminal = process.stderr.isTTY === true;
  let toldMs = systemClock.monotonicMs();
  return {
    show(progress: SendProgress): void {
      if (isTerminal) {
        process.stderr.write(`\r\x1b[K${progressLine(progress)}`);
        return;
      }
      const now = systemClock.monotonicMs();
      if (now - toldMs < PLAIN_INTERVAL_MS) return;
      toldMs = now;
      process.stderr.write(`${progressLine(progress)}\n`);
    },
    end(): void {
      if (isTerminal) process.stderr.write('\r\x1b[K');
    },
  };
}
