/** `segue replay FILE`: how good the live lists would have been, tested on each listen before it is learnt. */
import type { Command } from 'commander';
import { readListenFile } from '../app/listen-reading';
import { type ReplayResult, replay } from '../app/replay';
import { type Options, readSettings } from '../config';
import { pinoLogger } from '../logger';
import { addSettings, print, printJson } from './command-context';
import { positiveInteger, share } from './option-values';
import { addReadingOptions, type ReadingFlags } from './reading-options';

const REPLAY_SETTINGS = [
  'partitions',
  'filter-rule',
  'top-share',
  'listeners-min',
  'tracks-min',
  'list-length',
  'per-artist-max',
  'per-artist-window',
  'new-track-listeners-max',
  'als-rule',
  'factors',
  'alpha',
  'lambda',
  'nu',
  'epochs',
  'search-candidates',
  'holdout-share',
  'gate-tolerance',
  'trainer-threads',
  'log-level',
] as const;

interface ReplayCommandOptions extends Options, ReadingFlags {
  readonly trainShare: number;
  readonly rate: number;
  readonly limit?: number;
  readonly json?: boolean;
}

export function registerReplay(program: Command): void {
  const command = program
    .command('replay <file>')
    .description(
      'listens in order of time: train on the first share, stream the rest, score every first listen before it is learnt',
    )
    .option('--train-share <share>', 'of the listens, oldest first', share, 0.8)
    .option(
      '--rate <number>',
      'listens a second of virtual time in the streamed part',
      positiveInteger,
      200,
    )
    .option('--limit <number>', 'read at most so many listens', positiveInteger)
    .option('--json', 'one JSON object')
    .action(replayFile);
  addReadingOptions(command);
  addSettings(command, REPLAY_SETTINGS);
}

async function replayFile(file: string, options: ReplayCommandOptions): Promise<void> {
  const settings = readSettings(options);
  const logger = pinoLogger({ level: settings.logLevel });
  const { listens, refused } = await readListenFile(file, options, options.limit);
  if (refused > 0)
    logger.warn(`${refused} lines of ${file} could not be used; segue listen tells why`);
  const {
    json,
    trainShare,
    rate,
    limit: _limit,
    format: _format,
    columns: _columns,
    separator: _separator,
    user: _user,
    msidMapping: _msidMapping,
    tracks: _tracks,
    redirects: _redirects,
    onDamage: _onDamage,
    ...rest
  } = options;
  const result = await replay(listens, {
    trainShare,
    listensPerSecond: rate,
    settings: rest,
    logger,
    onProgress: progressBar(),
  });
  if (json === true) printJson(result);
  else for (const line of resultLines(result)) print(line);
}

function resultLines({
  trained,
  streamed,
  generation,
  prediction,
  realSeconds,
}: ReplayResult): string[] {
  const { personal, popular, popularOnly } = prediction;
  const row = (name: string, rates: typeof personal) =>
    `${name.padEnd(34)} ${String(rates.trials).padStart(9)} ${[rates.hitRate10, rates.hitRate20, rates.hitRate100].map((rate) => rate.toFixed(6).padStart(10)).join('')}`;
  return [
    `trained on ${trained} listens (generation ${generation}), streamed ${streamed} in ${realSeconds.toFixed(1)} s`,
    `${''.padEnd(34)}    trials    hits@10   hits@20  hits@100`,
    row('personal list', personal),
    row('popular list, the same trials', popular),
    row('popular list, users without factors', popularOnly),
  ];
}

/** On a terminal a line that is written over; elsewhere nothing, the result comes soon enough. */
function progressBar(): (done: number, total: number) => void {
  if (process.stderr.isTTY !== true) return () => undefined;
  return (done, total) => {
    process.stderr.write(`\r\x1b[Kstreamed ${done} of ${total}${done === total ? '\n' : ''}`);
  };
}
