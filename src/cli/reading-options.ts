/** How a file of listens is to be read. */
import type { Command } from 'commander';

export interface ReadingFlags {
  readonly format?: string;
  readonly columns?: string;
  readonly separator?: string;
  readonly user?: string;
}

export function addReadingOptions(command: Command): Command {
  return command
    .option('--format <format>', 'auto, json (dumps, exports, submissions) or delimited', 'auto')
    .option(
      '--columns <columns>',
      'of delimited text: user=user_id,time=ts,track=song_id; also mbid, msid, artist, title, release',
    )
    .option('--separator <text>', 'of delimited text (default: as the header has it)')
    .option('--user <user>', 'user of listens that name none');
}
