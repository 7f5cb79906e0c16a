import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ListLookup, type ListOwner } from '../../src/app/list-lookup';
import { addressOf, advertisedUrl, memberData } from '../../src/app/member-data';
import { systemClock } from '../../src/clock';
import type { Queries } from '../../src/http/routes';
import { buildServer, listen, type RunningServer } from '../../src/http/server';
import { ManualClock } from '../support/manual-clock';

const running: { close(): unknown }[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

/** A process that owns the users of `lists`; for others it knows an owner at `url`. */
const ownerAt = (url: string, lists: Readonly<Record<string, object>> = {}): ListOwner => ({
  ownList: (user) => (user in lists ? { list: lists[user] } : undefined),
  followedList: () => undefined,
  ownerOf: () => ({ memberId: 'other', slots: [0], standbys: [], data: memberData(url) }),
  followersOf: () => [],
});

/** A process that follows the slot of an owner who cannot be reached. */
const follower = (list: object | undefined, others: readonly string[] = []): ListOwner => ({
  ...ownerAt('http://127.0.0.1:1'),
  followedList: () => list,
  followersOf: () =>
    others.map((url) => ({ memberId: url, slots: [], standbys: [0], data: memberData(url) })),
});

async function processWith(owner: ListOwner): Promise<RunningServer> {
  const lookup = new ListLookup(owner, systemClock);
  const queries: Queries = {
    ready: () => ({ ready: true, reasons: [] }),
    metrics: async () => '',
    recommendations: (user, onlyHere) => lookup.find(user, onlyHere),
  };
  const server = await listen(buildServer({ queries }), { host: '127.0.0.1', port: 0 });
  running.push(server);
  return server;
}

async function answering(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  running.push({ close: () => server.closeAllConnections() ?? server.close() });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('whichever process is asked, the list is the same', async () => {
  const owner = await processWith(ownerAt('http://127.0.0.1:1', { 'a/b c': { tracks: [1] } }));
  const other = await processWith(ownerAt(owner.url));
  const [here, there] = await Promise.all(
    [owner, other].map(({ url }) => fetch(`${url}/recommendations/a%2Fb%20c`)),
  );
  expect(await here!.json()).toEqual({ tracks: [1] });
  expect(await there!.json()).toEqual({ tracks: [1] });
  expect(here!.headers.get('x-segue-answered-from')).toBe('here');
  expect(there!.headers.get('x-segue-answered-from')).toBe('owner');
});

test('that a user has no list, the owner says', async () => {
  const owner = await processWith({ ...ownerAt(''), ownList: () => ({ list: undefined }) });
  const lookup = new ListLookup(ownerAt(owner.url), systemClock);
  expect(await lookup.find('u', false)).toEqual({ from: 'owner', list: undefined });
});

test('two processes that take each other for the owner do not ask for ever', async () => {
  let first: RunningServer | undefined;
  const second = await processWith({
    ...follower(undefined),
    ownerOf: () => ({ memberId: 'first', slots: [0], standbys: [], data: memberData(first!.url) }),
  });
  first = await processWith(ownerAt(second.url));
  expect((await fetch(`${first.url}/recommendations/u`)).status).toBe(503);
});

test.each<[string, RequestListener]>([
  ['breaks off', (request) => request.destroy()],
  ['answers with something else', (_request, response) => response.end('<html>')],
  ['is busy', (_request, response) => response.writeHead(503).end('{}')],
  ['sends us elsewhere', (_request, response) => response.writeHead(302, { location: '/' }).end()],
])('an owner that %s has not answered', async (_what, listener) => {
  const lookup = new ListLookup(ownerAt(await answering(listener)), systemClock);
  expect(await lookup.find('u', false)).toEqual({ from: 'nobody' });
});

test('where the owner is away, who follows its slot answers, and says so', async () => {
  const one = await processWith(follower({ tracks: [1] }));
  const answer = await fetch(`${one.url}/recommendations/u`);
  expect(await answer.json()).toEqual({ tracks: [1] });
  expect(answer.headers.get('x-segue-answered-from')).toBe('standby');
  // A third process asks those who follow, one after the other.
  const other = new ListLookup(follower(undefined, ['http://127.0.0.1:1', one.url]), systemClock);
  expect(await other.find('u', false)).toEqual({ from: 'standby', list: { tracks: [1] } });
  expect(await other.find('u', true)).toEqual({ from: 'nobody' });
});

test('an owner that answers is believed before one who follows it', async () => {
  const owner = await processWith(ownerAt('', { u: { tracks: [2] } }));
  const lookup = new ListLookup(
    { ...ownerAt(owner.url), followedList: () => ({ tracks: [1] }) },
    systemClock,
  );
  expect(await lookup.find('u', false)).toEqual({ from: 'owner', list: { tracks: [2] } });
});

test('an owner that says nothing is waited for two seconds', async () => {
  const clock = new ManualClock();
  const asked = new Promise<void>((resolve) => {
    void answering(() => resolve()).then(async (url) => {
      found = new ListLookup(ownerAt(url), clock).find('u', false);
    });
  });
  let found: Promise<unknown> | undefined;
  await asked;
  clock.advance(2000);
  expect(await found).toEqual({ from: 'nobody' });
});

test('what a member says is an address or nothing', () => {
  expect(addressOf(memberData('http://host:1'))).toBe('http://host:1');
  for (const odd of ['', '{}', '{"url":7}', '{"url":"nowhere"}', 'null'])
    expect(addressOf(Buffer.from(odd))).toBeUndefined();
});

test('the address that others are told is one they can reach', () => {
  const at = (httpHost: string, given?: string) =>
    advertisedUrl({ httpHost, advertisedUrl: given }, 'http://0.0.0.0:9464');
  expect(at('10.0.0.7')).toBe('http://0.0.0.0:9464');
  expect(at('0.0.0.0')).toMatch(/^http:\/\/[^0].*:9464$/);
  expect(at('0.0.0.0', 'http://segue-1:80/')).toBe('http://segue-1:80');
});
