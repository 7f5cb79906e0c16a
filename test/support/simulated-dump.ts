/** Dumps as ListenBrainz publishes them, of simulated listens: months of JSON lines in a tar, and the mapping of ids beside it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import {
  type SimulatedListen,
  SimulatedListeners,
} from '../../streams/simulator/simulated-listeners';

export interface DumpOptions {
  readonly listens: number;
  readonly users: number;
  readonly tracks: number;
  readonly seed: number;
}

export interface SimulatedDump {
  readonly archive: string;
  readonly mapping: string;
  /** Uncompressed, of all lines. */
  readonly bytes: number;
}

const NAME = 'listenbrainz-listens-dump-1-20240101-000003-full';
const START_SECONDS = Date.UTC(2019, 0, 1) / 1000;
const YEARS = 5;
/** Of a hundred lines of a real dump eight have a recording_mbid of their client. */
const CLAIMED_SHARE = 0.08;

/** Compressed by the zstd program; by gzip where there is none. */
export async function writeSimulatedDump(
  folder: string,
  options: DumpOptions,
): Promise<SimulatedDump> {
  const { listens, users, tracks, seed } = options;
  const listeners = new SimulatedListeners({
    seed,
    users,
    tracks,
    artists: Math.ceil(tracks / 15),
    startSeconds: START_SECONDS,
    listensPerSecond: listens / (YEARS * 365.25 * 86_400),
  });
  const archive = pack();
  const hasZstd = spawnSync('zstd', ['--version']).status === 0;
  const path = join(folder, `${NAME}.tar.${hasZstd ? 'zst' : 'gz'}`);
  const written = hasZstd ? throughZstd(archive, path) : throughGzip(archive, path);
  const members = addMonths(archive, listeners, listens);
  const [bytes] = await Promise.all([members, written]);
  const mapping = join(folder, 'listenbrainz_msid_mapping.csv');
  await writeMapping(mapping, listeners, tracks);
  return { archive: path, mapping, bytes };
}

type Archive = ReturnType<typeof pack>;

async function throughZstd(archive: Archive, path: string): Promise<void> {
  const zstd = spawn('zstd', ['-q', '-f', '-o', path], { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(zstd, 'close');
  await pipeline(archive as unknown as Readable, zstd.stdin);
  const [code] = await ended;
  if (code !== 0) throw new Error(`zstd ended with ${code}`);
}

function throughGzip(archive: Archive, path: string): Promise<void> {
  return pipeline(archive as unknown as Readable, createGzip(), createWriteStream(path));
}

async function addMonths(
  archive: Archive,
  listeners: SimulatedListeners,
  listens: number,
): Promise<number> {
  let month = '';
  let lines: string[] = [];
  let bytes = 0;
  const add = async () => {
    if (lines.length === 0) return;
    const content = Buffer.from(lines.join(''));
    lines = [];
    bytes += content.length;
    await new Promise<void>((resolve, reject) => {
      const name = `${NAME}/listens/${month}.listens`;
      archive.entry({ name }, content, (error) => (error ? reject(error) : resolve()));
    });
  };
  archive.entry({ name: `${NAME}/SCHEMA_SEQUENCE` }, '1');
  for (let n = 0; n < listens; n++) {
    const listen = listeners.next();
    const date = new Date(listen.listenedAt * 1000);
    const own = `${date.getUTCFullYear()}/${date.getUTCMonth() + 1}`;
    if (own !== month) {
      await add();
      month = own;
    }
    lines.push(dumpLine(listen, n));
  }
  await add();
  archive.finalize();
  return bytes;
}

/** With what else a client says, so that a line is as long as a real one. */
function dumpLine({ listenedAt, userId, track }: SimulatedListen, n: number): string {
  const claims = (Math.imul(n, 0x9e3779b1) >>> 0) / 2 ** 32 < CLAIMED_SHARE;
  return `${JSON.stringify({
    user_id: userNumber(userId),
    user_name: userId,
    timestamp: listenedAt,
    track_metadata: {
      track_name: track.trackName,
      artist_name: track.artistName,
      ...(track.releaseName && { release_name: track.releaseName }),
      additional_info: {
        ...(claims && track.recordingMbid && { recording_mbid: track.recordingMbid }),
        recording_msid: track.recordingMsid,
        submission_client: 'navidrome',
        submission_client_version: '0.49.3 (8b93962f)',
        duration_ms: 187_000 + (n % 60_000),
        tracknumber: 1 + (n % 12),
        music_service: 'spotify.com',
        origin_url: 'https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC',
      },
    },
    recording_msid: track.recordingMsid,
  })}\n`;
}

const USER_NUMBERS = new Map<string, number>();

function userNumber(userId: string): number {
  let number = USER_NUMBERS.get(userId);
  if (number === undefined) {
    number = USER_NUMBERS.size + 1;
    USER_NUMBERS.set(userId, number);
  }
  return number;
}

async function writeMapping(
  path: string,
  listeners: SimulatedListeners,
  tracks: number,
): Promise<void> {
  const out = createWriteStream(path);
  out.write('recording_msid,recording_mbid,match_type\n');
  for (let number = 0; number < tracks; number++) {
    const { recordingMsid, recordingMbid } = listeners.trackOf(number);
    const row = recordingMbid
      ? `${recordingMsid},${recordingMbid},exact_match\n`
      : `${recordingMsid},,no_match\n`;
    if (!out.write(row)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}
