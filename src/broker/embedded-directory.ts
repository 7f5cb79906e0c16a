/**
 * An embedded broker that lives in a directory: opened where nobody has it open, else shared with the
 * process that has. A lock that a killed process left behind does not count, since the system gives it back.
 *
 *   log/             the database
 *   address.json     where the process that has it open answers, and the token it wants to hear
 *   socket/          the socket, where its path is short enough for the system
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Clock, keepAliveWhile, sleep, systemClock } from '../clock';
import { hasCode, SegueError } from '../errors';
import type { Logger } from '../logger';
import { type Level, type LevelMemory, openClassicLevel } from '../store/level';
import type { Broker } from './broker';
import { EmbeddedBroker } from './embedded-broker';
import { SharedBrokerClient } from './shared-broker-client';
import { SharedBrokerServer } from './shared-broker-server';

export interface EmbeddedDirectoryOptions {
  /** Only as the one that has it open, as who runs slots must; throws STORE_LOCKED where another has. */
  readonly asOwner?: boolean;
  readonly syncEachCommit?: boolean;
  readonly memory?: LevelMemory;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** How long a process that has the lock and does not answer is waited for: it may be starting or ending. */
  readonly patienceMs?: number;
}

const MEMORY: LevelMemory = { blockCacheBytes: 8 << 20, writeBufferBytes: 16 << 20 };

const PATIENCE_MS = 5000;
const RETRY_MS = 50;

/** Linux takes 107 bytes and macOS 103; some are left for the file's name. */
const SOCKET_PATH_BYTES_MAX = 100;

interface Address {
  readonly address: string;
  readonly token: string;
}

/** Throws STORE_LOCKED, STORE_CORRUPT. */
export function openEmbeddedBroker(
  directory: string,
  options: EmbeddedDirectoryOptions = {},
): Promise<Broker> {
  return keepAliveWhile(openOrShare(directory, options));
}

/** True where another process has the directory open and this one only shares it. */
export function isShared(broker: Broker): boolean {
  return broker instanceof SharedBrokerClient;
}

async function openOrShare(directory: string, options: EmbeddedDirectoryOptions): Promise<Broker> {
  const clock = options.clock ?? systemClock;
  const folder = resolve(directory);
  await mkdir(folder, { recursive: true });
  const deadlineMs = clock.monotonicMs() + (options.patienceMs ?? PATIENCE_MS);
  for (;;) {
    const database = await openDatabase(folder, options);
    if (!(database instanceof SegueError)) return own(folder, database, options);
    if (options.asOwner !== true) {
      const client = await connectToOwner(folder);
      if (client !== undefined) return client;
    }
    if (clock.monotonicMs() > deadlineMs) throw database;
    await sleep(clock, RETRY_MS);
  }
}

/** The database, or the error where another process has it open. */
async function openDatabase(
  folder: string,
  { memory = MEMORY }: EmbeddedDirectoryOptions,
): Promise<Level | SegueError> {
  try {
    return await openClassicLevel(join(folder, 'log'), memory);
  } catch (error) {
    if (hasCode(error, 'STORE_LOCKED')) return error;
    throw error;
  }
}

async function own(
  folder: string,
  database: Level,
  { clock, logger, syncEachCommit }: EmbeddedDirectoryOptions,
): Promise<EmbeddedBroker> {
  let server: SharedBrokerServer | undefined;
  const broker = await EmbeddedBroker.open({
    database,
    ...(clock === undefined ? {} : { clock }),
    ...(logger === undefined ? {} : { logger }),
    ...(syncEachCommit === undefined ? {} : { syncEachCommit }),
    beforeClose: async () => {
      await rm(join(folder, 'address.json'), { force: true });
      await server?.close();
    },
  });
  try {
    const address = {
      address: await chooseAddress(folder),
      token: randomBytes(16).toString('hex'),
    };
    server = await SharedBrokerServer.listen({ broker, ...address });
    await writeAddress(folder, address);
  } catch (error) {
    await broker.close();
    throw error;
  }
  return broker;
}

async function chooseAddress(folder: string): Promise<string> {
  if (process.platform === 'win32') {
    const name = createHash('sha256').update(folder.toLowerCase()).digest('hex').slice(0, 32);
    return `\\\\.\\pipe\\segue-${name}`;
  }
  const near = join(folder, 'socket', 'broker');
  if (Buffer.byteLength(near) <= SOCKET_PATH_BYTES_MAX) return near;
  return join(await mkdtemp(join(tmpdir(), 'segue-')), 'broker');
}

/** By renaming, so that nobody reads half of it. */
async function writeAddress(folder: string, address: Address): Promise<void> {
  const file = join(folder, 'address.json');
  await writeFile(`${file}.new`, JSON.stringify(address), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

async function connectToOwner(folder: string): Promise<SharedBrokerClient | undefined> {
  try {
    const text = await readFile(join(folder, 'address.json'), 'utf8');
    const { address, token } = JSON.parse(text) as Address;
    return await SharedBrokerClient.connect(address, token);
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isAbsent || hasCode(error, 'BROKER_UNREACHABLE')) return undefined;
    throw error;
  }
}
