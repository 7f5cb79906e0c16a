/** The directory of an embedded broker and the processes that want it; other processes are real ones here. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker } from '../../src/broker/broker';
import { EmbeddedBroker } from '../../src/broker/embedded-broker';
import { isShared, openEmbeddedBroker } from '../../src/broker/embedded-directory';
import { SharedBrokerClient } from '../../src/broker/shared-broker-client';
import { compiledPath } from '../../src/compiled-path';
import { eventually, readToEnd, record, valuesOf } from '../contract/broker-harness';

let directory: string;
const opened: Broker[] = [];
const processes: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'segue-directory-'));
});
afterEach(async () => {
  for (const child of processes.splice(0)) child.kill('SIGKILL');
  for (const broker of opened.splice(0).reverse()) await broker.close();
  await rm(directory, { recursive: true });
});

async function open(...args: Parameters<typeof openEmbeddedBroker>): Promise<Broker> {
  const broker = await openEmbeddedBroker(...args);
  opened.push(broker);
  return broker;
}

/** Starts the writing process; `lines` grows as it prints. */
function start(...args: readonly string[]) {
  const script = compiledPath('test/support/embedded-broker-process.js');
  const child = spawn(process.execPath, [script, directory, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  processes.push(child);
  const lines: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    lines.push(...text.split('\n').slice(0, -1));
  });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return { lines, kill };
}

test('is owned by who opens it first and shared with the next', async () => {
  const owner = await open(directory);
  const other = await open(directory);
  expect(owner).toBeInstanceOf(EmbeddedBroker);
  expect([owner, other].map(isShared)).toEqual([false, true]);
  await owner.createTopics([{ name: 'topic', partitions: 1, cleanup: 'delete' }]);
  const writer = await other.writer();
  await writer.send([record('topic', 'k', 'from the other')]);
  expect(valuesOf(await readToEnd(owner, 'topic'))).toEqual(['from the other']);
});

test('is shared with another process, and opened when that is killed', async () => {
  const { lines, kill } = start('--hold');
  await eventually(() => lines.at(-1), 'open');
  const shared = await open(directory);
  expect(shared).toBeInstanceOf(SharedBrokerClient);
  expect(await shared.partitionCount('table')).toBe(1);
  await kill();
  await eventually(
    () => shared.ranges('out').catch(({ code }: { code: string }) => code),
    'BROKER_UNREACHABLE',
  );
  const owner = await open(directory);
  expect(owner).toBeInstanceOf(EmbeddedBroker);
  expect(await owner.partitionCount('table')).toBe(1);
});

test('loses no acknowledged step and shows no half one after kill -9', async () => {
  let acknowledged = 0;
  for (const stepsMin of [20, 150, 400]) {
    const { lines, kill } = start();
    await eventually(() => Number(lines.at(-1)) - acknowledged >= stepsMin, true);
    await kill();
    acknowledged = Number(lines.at(-1));
    const broker = await openEmbeddedBroker(directory);
    const [position] = await broker.committed('group', [{ topic: 'in', partition: 0 }]);
    const written = valuesOf(await readToEnd(broker, 'out'));
    const table = valuesOf(await readToEnd(broker, 'table'));
    await broker.close();
    expect(position!.offset).toBeGreaterThanOrEqual(acknowledged);
    expect(written).toEqual(Array.from({ length: position!.offset }, (_, i) => `${i + 1}`));
    expect(table.at(-1)).toBe(`${position!.offset}`);
  }
});

test('is refused to a second owner', async () => {
  await open(directory);
  await expect(open(directory, { asOwner: true, patienceMs: 100 })).rejects.toMatchObject({
    code: 'STORE_LOCKED',
  });
});

test('waits for an owner that is just ending', async () => {
  const owner = await open(directory);
  const next = open(directory, { asOwner: true });
  await owner.close();
  expect(await next).toBeInstanceOf(EmbeddedBroker);
});

test('does not mind what a dead process left behind', async () => {
  await mkdir(join(directory, 'socket'));
  await writeFile(join(directory, 'socket', 'broker'), '');
  await writeFile(
    join(directory, 'address.json'),
    JSON.stringify({ address: join(directory, 'gone'), token: 'old' }),
  );
  expect(await open(directory)).toBeInstanceOf(EmbeddedBroker);
  expect(await open(directory)).toBeInstanceOf(SharedBrokerClient);
});

test('leaves no address behind when it is closed', async () => {
  const owner = await open(directory);
  const { address } = JSON.parse(readFileSync(join(directory, 'address.json'), 'utf8'));
  await owner.close();
  expect(existsSync(join(directory, 'address.json'))).toBe(false);
  expect(existsSync(address)).toBe(false);
});

const onUnix = process.platform === 'win32' ? test.failing : test;

onUnix('keeps socket and token to its user', async () => {
  await open(directory);
  const modeOf = (name: string) => statSync(join(directory, name)).mode & 0o777;
  expect(modeOf('address.json')).toBe(0o600);
  expect(modeOf('socket')).toBe(0o700);
  expect(modeOf('socket/broker')).toBe(0o600);
});

test('may lie deeper than a socket path can be long', async () => {
  const deep = join(directory, 'a'.repeat(60), 'b'.repeat(60));
  await open(deep);
  const { address } = JSON.parse(readFileSync(join(deep, 'address.json'), 'utf8'));
  expect(Buffer.byteLength(address)).toBeLessThanOrEqual(104);
  expect(await open(deep)).toBeInstanceOf(SharedBrokerClient);
});
