import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { memberData } from '../../src/app/member-data';
import { PeerWatch, type Probed } from '../../src/app/peer-watch';
import type { GroupMember, Membership } from '../../src/broker/broker';
import { noLogger } from '../../src/logger';
import { ManualClock } from '../support/manual-clock';

const member = (memberId: string, url: string): GroupMember => ({
  memberId,
  slots: [],
  standbys: [],
  data: memberData(url),
});

/** A group of three in which this process is `b`; its neighbour in the ring is `c`. */
function watchOf(probe?: (url: string) => Promise<Probed>, urlOfC = 'http://c:1') {
  const dismissed: string[] = [];
  const membership: Membership = {
    slots: [],
    memberId: 'b',
    members: [member('c', urlOfC), member('a', 'http://a:1'), member('b', 'http://b:1')],
    dismiss: async (id) => void dismissed.push(id),
    leave: async () => {},
  };
  const clock = new ManualClock();
  const watch = new PeerWatch({
    membership: () => membership,
    clock,
    logger: noLogger,
    ...(probe && { probe }),
  });
  return { watch, dismissed, clock };
}

test('a neighbour that was seen alive and refuses twice in a row is dismissed', async () => {
  const answers: Probed[] = ['taken', 'refused', 'taken', 'refused', 'refused'];
  const asked: string[] = [];
  const { watch, dismissed } = watchOf(async (url) => {
    asked.push(url);
    return answers.shift()!;
  });
  for (let i = 0; i < 4; i++) await watch.look();
  expect(dismissed).toEqual([]);
  await watch.look();
  expect(dismissed).toEqual(['c']);
  expect(new Set(asked)).toEqual(new Set(['http://c:1']));
});

test('who was never seen alive, or only does not answer, is left to its session', async () => {
  const answers: Probed[] = ['refused', 'refused', 'refused', 'taken', 'unknown', 'unknown'];
  const { watch, dismissed } = watchOf(async () => answers.shift()!);
  for (let i = 0; i < 6; i++) await watch.look();
  expect(dismissed).toEqual([]);
});

test('an address that nobody listens at any more refuses', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { watch, dismissed } = watchOf(undefined, `http://127.0.0.1:${port}`);
  await watch.look();
  server.close();
  await once(server, 'close');
  await watch.look();
  await watch.look();
  expect(dismissed).toEqual(['c']);
});

test('it looks again and again until it is stopped', async () => {
  let looks = 0;
  const { watch, clock } = watchOf(async () => {
    looks++;
    return 'taken';
  });
  watch.start();
  for (let i = 0; i < 3; i++) {
    clock.advance(300);
    await new Promise(setImmediate);
  }
  expect(looks).toBe(3);
  watch.stop();
  clock.advance(3000);
  await new Promise(setImmediate);
  expect(looks).toBe(3);
});

test('a group of one has nobody to look after', async () => {
  const watch = new PeerWatch({
    membership: () => undefined,
    clock: new ManualClock(),
    logger: noLogger,
    probe: () => Promise.reject(new Error('nobody is to be asked')),
  });
  await expect(watch.look()).resolves.toBeUndefined();
});
