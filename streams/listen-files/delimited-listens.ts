/**
 * Listens in delimited text with a header, columns named by the caller. Quotes are understood where the
 * separator is a comma or a semicolon (RFC 4180); a quoted line end is not, since a line is a record here.
 */
import type { ListenKind } from '../../schemas/records';
import { SegueError } from '../../src/errors';
import { isUuid, trackIdOfForeignId } from '../by-user/track-id';
import { type FileEntry, refusal } from './file-entry';
import { toListen } from './to-listen';

/** What a column can be. `track` is an id of any form; the others are as in a listen. */
export const COLUMN_ROLES = [
  'user',
  'time',
  'track',
  'mbid',
  'msid',
  'artist',
  'title',
  'release',
] as const;

export type ColumnRole = (typeof COLUMN_ROLES)[number];

/** Role → name in the header. */
export type Columns = Readonly<Partial<Record<ColumnRole, string>>>;

export interface DelimitedOptions {
  readonly columns: Columns;
  /** Found in the header where absent. */
  readonly separator: string | undefined;
  readonly user: string | undefined;
  readonly kind: ListenKind;
}

/** `user=user_id,time=ts,track=song_id`. Throws SETTING_INVALID for an unknown role or no name. */
export function parseColumns(text: string): Columns {
  const columns: Partial<Record<ColumnRole, string>> = {};
  for (const pair of text.split(',')) {
    const [role = '', name = ''] = pair.split('=', 2).map((part) => part.trim());
    if (!COLUMN_ROLES.includes(role as ColumnRole) || name === '') {
      throw new SegueError(
        'SETTING_INVALID',
        `expected --columns as ROLE=COLUMN,…, with roles ${COLUMN_ROLES.join(', ')}; ` +
          `got ${JSON.stringify(pair)}`,
      );
    }
    columns[role as ColumnRole] = name;
  }
  return columns;
}

/** Reads the lines below one header. */
export class DelimitedReader {
  readonly #separator: string;
  readonly #width: number;
  readonly #at: Readonly<Partial<Record<ColumnRole, number>>>;

  /** Throws INPUT_UNREADABLE where the header lacks a column, SETTING_INVALID where too few are named. */
  constructor(
    header: string,
    private readonly options: DelimitedOptions,
  ) {
    assertEnough(options);
    this.#separator = options.separator ?? separatorOf(header);
    const names = splitFields(header, this.#separator)?.map((name) => name.trim()) ?? [];
    this.#width = names.length;
    this.#at = placesOf(options.columns, names);
  }

  read(text: string, line: number): FileEntry {
    const fields = splitFields(text, this.#separator);
    if (fields?.length !== this.#width) {
      const found = fields ? `${fields.length} columns` : 'a misplaced quote';
      return { line, refusal: refusal('COLUMNS_DIFFER', `${found}, expected ${this.#width}`) };
    }
    const value = (role: ColumnRole): string | undefined => {
      const at = this.#at[role];
      return at === undefined ? undefined : fields[at] || undefined;
    };
    const user = value('user') ?? this.options.user;
    if (user === undefined) {
      return { line, refusal: refusal('USER_MISSING', 'the column is empty') };
    }
    const track = value('track');
    const listen = toListen(
      {
        listenedAt: value('time'),
        recordingMbid: value('mbid'),
        recordingMsid: value('msid') ?? idOf(track),
        artistName: value('artist'),
        trackName: value('title') ?? track,
        releaseName: value('release'),
      },
      this.options.kind,
    );
    return 'reason' in listen ? { line, refusal: listen } : { line, user, listen };
  }
}

/** UUIDs stay; other catalogues' ids become name-based UUIDs, the same in every file. */
export function idOf(track: string | undefined): string | undefined {
  return track === undefined || isUuid(track) ? track : trackIdOfForeignId(track);
}

function assertEnough({ columns, user }: DelimitedOptions): void {
  const { track, mbid, msid, artist, title } = columns;
  const hasTrack = track ?? mbid ?? msid ?? (artist && title);
  if (columns.time && hasTrack && (columns.user ?? user)) return;
  throw new SegueError(
    'SETTING_INVALID',
    'expected --columns to name time, user (or --user), and track, mbid, msid, or artist and title; ' +
      `got ${JSON.stringify(columns)}`,
  );
}

function placesOf(columns: Columns, names: readonly string[]) {
  const places: Partial<Record<ColumnRole, number>> = {};
  for (const [role, name] of Object.entries(columns)) {
    const at = names.indexOf(name);
    if (at < 0) {
      throw new SegueError(
        'INPUT_UNREADABLE',
        `expected a column ${JSON.stringify(name)} for ${role} in the header; ` +
          `it has ${names.map((one) => JSON.stringify(one)).join(', ')}`,
      );
    }
    places[role as ColumnRole] = at;
  }
  return places;
}

/** The first of tab, semicolon, comma, bar that the header has. */
function separatorOf(header: string): string {
  return ['\t', ';', ',', '|'].find((one) => header.includes(one)) ?? '\t';
}

/** undefined: a quote is not closed, or something stands behind the closing one. */
export function splitFields(text: string, separator: string): string[] | undefined {
  const canQuote = separator === ',' || separator === ';';
  if (!canQuote || !text.includes('"')) return text.split(separator);
  const fields: string[] = [];
  for (let at = 0; at <= text.length; ) {
    if (text[at] !== '"') {
      const end = text.indexOf(separator, at);
      fields.push(text.slice(at, end < 0 ? undefined : end));
      at = end < 0 ? text.length + 1 : end + 1;
      continue;
    }
    const quote = closingQuote(text, at + 1);
    const behind = text[quote + 1];
    if (quote < 0 || (behind !== undefined && behind !== separator)) return undefined;
    fields.push(text.slice(at + 1, quote).replaceAll('""', '"'));
    at = quote + 2;
  }
  return fields;
}

/** Where a quoted field ends: at the first quote that is not doubled. */
function closingQuote(text: string, from: number): number {
  let quote = text.indexOf('"', from);
  while (quote >= 0 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
  return quote;
}
