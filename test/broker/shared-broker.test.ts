/** What sharing adds to the contract: strangers, garbage, an owner that ends, large and many answers. */
import { connect } from 'node:net';
import { SharedBrokerClient } from '../../src/broker/shared-broker-client';
import { encodeFrame, FrameReader } from '../../src/broker/shared-broker-protocol';
import { SegueError } from '../../src/errors';
import { openMemoryLevel } from '../../src/store/level';
import { readToEnd, record, step } from '../contract/broker-harness';
import { SharedBrokerHarness } from '../support/shared-broker-harness';

let harness: SharedBrokerHarness;
beforeEach(async () => {
  harness = await SharedBrokerHarness.start(openMemoryLevel);
  await harness.broker.createTopics([{ name: 'topic', partitions: 2, cleanup: 'delete' }]);
});
afterEach(() => harness.stop());

test('refuses who does not know the token', async () => {
  await expect(SharedBrokerClient.connect(harness.address, 'guessed')).rejects.toMatchObject({
    code: 'BROKER_UNREACHABLE',
  });
});

test('refuses every call before the token is shown', async () => {
  const socket = connect(harness.address);
  const frames = new FrameReader();
  const answer = new Promise<unknown>((resolve) => {
    socket.on('data', (chunk) => {
      for (const frame of frames.take(chunk)) resolve(frame);
    });
  });
  socket.write(encodeFrame({ id: 1, call: 'ranges', args: ['topic'] }));
  expect(await answer).toMatchObject({ id: 1, error: { code: 'BROKER_UNREACHABLE' } });
  socket.destroy();
});

test.each([
  ['what is no frame', Buffer.from('\0\0\0\u0004 abc GET / HTTP/1.1\r\n\r\n')],
  ['a frame that is too long', Buffer.from([0xff, 0xff, 0xff, 0xff, 1])],
  ['a frame of something else', Buffer.from([0, 0, 0, 2, 0xff, 0x0f])],
])('hangs up on %s, and serves the others', async (_, bytes) => {
  const socket = connect(harness.address);
  const hungUp = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.write(bytes);
  await hungUp;
  expect(await harness.broker.partitionCount('topic')).toBe(2);
});

test('says that the owner is gone, and leaves a commit that was under way in doubt', async () => {
  const writer = await harness.broker.takeOver('slot', 'group');
  const commit = expect(writer.commit(step([record('topic', 'k', 'v')]))).rejects.toMatchObject({
    code: 'BROKER_COMMIT_IN_DOUBT',
  });
  await harness.unshare();
  await commit;
  await expect(harness.broker.ranges('topic')).rejects.toMatchObject({
    code: 'BROKER_UNREACHABLE',
    retriable: true,
  });
  await harness.restart();
});

test('fences writers of other processes and of the owner alike', async () => {
  const shared = await harness.broker.takeOver('slot', 'group');
  const owners = await harness.owner.broker.takeOver('slot', 'group');
  await expect(shared.commit(step([record('topic', 'k', 'v')]))).rejects.toMatchObject({
    code: 'BROKER_FENCED',
  });
  const again = await harness.broker.takeOver('slot', 'group');
  await expect(owners.commit(step([record('topic', 'k', 'v')]))).rejects.toMatchObject({
    code: 'BROKER_FENCED',
  });
  await again.commit(step([record('topic', 'k', 'v')]));
  expect(await readToEnd(harness.broker, 'topic')).toHaveLength(1);
});

test('answers more calls at once than it works at', async () => {
  const answers = await Promise.all(
    Array.from({ length: 500 }, () => harness.broker.partitionCount('topic')),
  );
  expect(answers.every((count) => count === 2)).toBe(true);
});

test('takes and gives more than one frame holds', async () => {
  const writer = await harness.broker.writer();
  await writer.send(
    Array.from({ length: 80 }, () => ({
      topic: 'topic',
      partition: 0,
      key: null,
      value: Buffer.alloc(1_000_000, 'x'),
    })),
  );
  expect(await readToEnd(harness.broker, 'topic')).toHaveLength(80);
  const options = { waitMsMax: 0, bytesMaxPerPartition: 1 << 30 };
  const batches = await harness.broker.fetch(
    [{ topic: 'topic', partition: 0, offset: 0 }],
    options,
  );
  expect(batches[0]!.records.length).toBeGreaterThan(20);
});

test('refuses a step that no frame could hold', async () => {
  const writer = await harness.broker.takeOver('slot', 'group');
  const records = Array.from({ length: 70 }, () => ({
    topic: 'topic',
    key: null,
    value: Buffer.alloc(1_000_000, 'x'),
  }));
  await expect(writer.commit({ records, positions: [] })).rejects.toMatchObject({
    code: 'BROKER_RECORD_TOO_LARGE',
  });
  expect(await readToEnd(harness.broker, 'topic')).toEqual([]);
});

test('puts frames together from any pieces', () => {
  const frames = [1, 2, 3].map((id) => ({ id, answer: Buffer.alloc(id * 10, id) }));
  const bytes = Buffer.concat(frames.map(encodeFrame));
  for (const size of [1, 3, 7, 64, bytes.length]) {
    const reader = new FrameReader();
    const found: unknown[] = [];
    for (let at = 0; at < bytes.length; at += size)
      found.push(...reader.take(bytes.subarray(at, at + size)));
    expect(found).toEqual(frames);
  }
});

test('keeps the code of an error, and says of a failure that it was one', async () => {
  const missing = harness.broker.ranges('missing');
  await expect(missing).rejects.toBeInstanceOf(SegueError);
  await expect(missing).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
});
