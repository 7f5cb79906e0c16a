import { mulberry32 } from '../../../src/random';
import { cleanListen } from '../../../streams/by-user/clean-listen';
import { FaultyListeners, type FaultyRecord } from '../../../streams/simulator/faulty-listeners';
import { toListenValue } from '../../../streams/simulator/listen-value';
import { makePoison, POISON_REASONS, POISONS } from '../../../streams/simulator/poison';
import { SimulatedListeners } from '../../../streams/simulator/simulated-listeners';

const SHARES = {
  seed: 3,
  duplicateShare: 0.1,
  deletionShare: 0.05,
  poisonShare: 0.1,
  lateShare: 0.2,
  lateSecondsMax: 60,
};
const source = () =>
  new SimulatedListeners({
    users: 200,
    tracks: 2000,
    artists: 200,
    genres: 5,
    listensPerSecond: 20,
  });

function take(count: number, shares: Partial<typeof SHARES>): readonly FaultyRecord[] {
  const listeners = new FaultyListeners(source(), shares);
  const records = Array.from({ length: count }, () => listeners.next());
  return [...records, ...listeners.drain()];
}

describe('faulty listeners', () => {
  it('are the listeners themselves when all shares are 0', () => {
    const plain = source();
    const expected = Array.from({ length: 2000 }, () => plain.next());
    const records = take(2000, {});
    expect(records.map((record) => record.kind === 'listen' && record.listen)).toEqual(expected);
  });

  it('have the faults in the shares asked for', () => {
    const records = take(20_000, SHARES);
    const share = (is: (record: FaultyRecord) => boolean): number =>
      records.filter(is).length / records.length;
    expect(share(({ kind }) => kind === 'poison')).toBeCloseTo(0.1, 1);
    expect(share(({ kind }) => kind === 'deletion')).toBeCloseTo(0.05, 1);
    expect(share((record) => record.kind === 'listen' && record.isDuplicate)).toBeCloseTo(0.1, 1);
    expect(share((record) => record.kind === 'listen' && record.isLate)).toBeCloseTo(0.15, 1);
  });

  it('lose nothing: every listen of the source comes, once as itself', () => {
    const records = take(5000, SHARES);
    const own = records.filter((record) => record.kind === 'listen' && !record.isDuplicate);
    const plain = source();
    const expected = Array.from({ length: own.length }, () => plain.next());
    const nameOf = (listen: (typeof expected)[number]): string => JSON.stringify(listen);
    expect(own.map((record) => record.kind === 'listen' && nameOf(record.listen)).sort()).toEqual(
      expected.map(nameOf).sort(),
    );
  });

  it('come in the order they are produced in, late ones after their time', () => {
    let before = 0;
    let late = 0;
    for (const record of take(2000, SHARES)) {
      expect(record.producedAtMs).toBeGreaterThanOrEqual(before);
      before = record.producedAtMs;
      if (record.kind !== 'listen' || !record.isLate) continue;
      expect(record.producedAtMs).toBeGreaterThanOrEqual(record.listen.producedAtMs);
      late += Number(record.producedAtMs > record.listen.producedAtMs + 5000);
    }
    expect(late).toBeGreaterThan(100);
  });

  it('delete some listens before they come, and most after', () => {
    const seen = new Set<object>();
    const deletions = { early: 0, after: 0 };
    for (const record of take(20_000, SHARES)) {
      if (record.kind === 'listen') seen.add(record.listen);
      if (record.kind === 'deletion') deletions[seen.has(record.listen) ? 'after' : 'early'] += 1;
    }
    expect(deletions.early).toBeGreaterThan(50);
    expect(deletions.after).toBeGreaterThan(deletions.early);
  });

  it('are the same for the same seed', () => {
    expect(JSON.stringify(take(3000, SHARES))).toBe(JSON.stringify(take(3000, SHARES)));
  });
});

describe('makePoison', () => {
  const listen = source().next();

  it.each(POISONS)('makes %s from a good listen, rejected for just that', (poison) => {
    const { content, userId, ...record } = makePoison(poison, listen, mulberry32(1));
    expect(record.poison).toBe(poison);
    if ('bytes' in content) {
      const { bytes } = content;
      const isFramed = bytes !== null && bytes.length >= 5 && bytes[0] === 0;
      expect(isFramed).toBe(poison === 'schema-unknown');
      return;
    }
    const rejected = cleanListen({
      key: userId === null ? null : Buffer.from(userId),
      listen: content.value,
      timestampMs: listen.producedAtMs,
    });
    expect(rejected).toMatchObject({ reason: POISON_REASONS[poison] });
  });

  it('starts from a listen that is good', () => {
    const { userId, producedAtMs, track } = listen;
    const accepted = cleanListen({
      key: Buffer.from(userId),
      listen: toListenValue(listen),
      timestampMs: producedAtMs,
    });
    expect(accepted).toMatchObject({ user: userId, trackId: track.trackId, kind: 'LISTEN' });
  });
});
