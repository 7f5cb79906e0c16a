/** How a file of listens is to be read. */
import type { Command } from 'commander';
import type { ReadingOptions } from '../app/listen-reading';

export interface ReadingFlags {
  readonly format?: string;
  readonly columns?: string;
  readonly separator?: string;
  readonly user?: string;
  readonly msidMapping?: string;
  readonly tracks?: string;
  readonly redirects?: string;
  readonly onDamage?: string;
}

export function addReadingOptions(command: Command): Command {
  return command
    .option('--format <format>', 'auto, json (dumps, exports, submissions) or delimited', 'auto')
    .option(
      '--columns <columns>',
      'of delimited text or Parquet: user=user_id,time=ts,track=song_id; also mbid, msid, artist, title, release',
    )
    .option('--separator <text>', 'of delimited text (default: as the header has it)')
    .option('--user <user>', 'user of listens that name none')
    .option(
      '--msid-mapping <file>',
      'recording_msid to recording_mbid (CSV or Parquet), for listens without an mbid',
    )
    .option(
      '--tracks <file>',
      'such a table with artist_name and track_name, for listens without names',
    )
    .option('--redirects <file>', 'canonical_recording_redirect.csv: merged mbids are followed')
    .option('--on-damage <stop|skip>', 'at a damaged file of an archive, or a cut one', 'stop');
}

/** Of all that a command was told, what says how to read. */
export function readingOf(flags: ReadingFlags): ReadingOptions {
  const { format, columns, separator, user, msidMapping, tracks, redirects, onDamage } = flags;
  return { format, columns, separator, user, msidMapping, tracks, redirects, onDamage };
}
