import { createHash } from 'node:crypto';
import type { SimulationSettings } from '../../../streams/simulator/settings';
import {
  type SimulatedListen,
  SimulatedListeners,
} from '../../../streams/simulator/simulated-listeners';

const SMALL: Partial<SimulationSettings> = {
  seed: 7,
  users: 500,
  tracks: 6000,
  artists: 600,
  genres: 8,
  listensPerSecond: 20,
};

function take(count: number, settings: Partial<SimulationSettings> = {}): SimulatedListen[] {
  const listeners = new SimulatedListeners({ ...SMALL, ...settings });
  return Array.from({ length: count }, () => listeners.next());
}

function digest(listens: readonly SimulatedListen[]): string {
  return createHash('sha256').update(JSON.stringify(listens)).digest('hex');
}

function listenersOf(listens: readonly SimulatedListen[]): Map<string, Set<string>> {
  const tracks = new Map<string, Set<string>>();
  for (const { track, userId } of listens) {
    const users = tracks.get(track.trackId) ?? new Set();
    tracks.set(track.trackId, users.add(userId));
  }
  return tracks;
}

describe('simulated listeners', () => {
  it('give the same bytes for the same seed, and others for another', () => {
    const first = digest(take(20_000));
    expect(digest(take(20_000))).toBe(first);
    expect(digest(take(20_000, { seed: 8 }))).not.toBe(first);
  });

  it('go on in the same world, with other listens, under another listen seed', () => {
    const first = take(20_000);
    const second = take(20_000, { listenSeed: 99 });
    expect(digest(second)).not.toBe(digest(first));
    const favourites = (listens: readonly SimulatedListen[]) =>
      [...listenersOf(listens)]
        .sort(([, a], [, b]) => b.size - a.size)
        .slice(0, 50)
        .map(([track]) => track);
    const common = favourites(first).filter((track) => favourites(second).includes(track));
    expect(common.length).toBeGreaterThan(20);
    const names = new Map(first.map(({ track }) => [track.trackId, track]));
    for (const { track } of second.slice(0, 1000))
      expect(names.get(track.trackId) ?? track).toEqual(track);
  });

  it('listen in time order from the given start, nobody twice in one second', () => {
    const listens = take(30_000, { startSeconds: 1_600_000_000 });
    const last = new Map<string, number>();
    const wrong: unknown[] = [];
    let before = 1_600_000_000_000;
    for (const { producedAtMs, listenedAt, userId } of listens) {
      const isOrdered = producedAtMs >= before && listenedAt === Math.floor(producedAtMs / 1000);
      if (!isOrdered || listenedAt === last.get(userId)) wrong.push({ userId, listenedAt });
      before = producedAtMs;
      last.set(userId, listenedAt);
    }
    expect(wrong).toEqual([]);
  });

  it.each([5, 20, 50])('listen about %d times a second when asked to', (listensPerSecond) => {
    const listens = take(40_000, { listensPerSecond });
    const spanMs = (listens.at(-1)?.producedAtMs ?? 0) - (listens[0]?.producedAtMs ?? 0);
    const rate = listens.length / (spanMs / 1000);
    expect(rate / listensPerSecond).toBeGreaterThan(0.85);
    expect(rate / listensPerSecond).toBeLessThan(1.15);
  });

  it('live at their own pace when no rate is asked for: songs and pauses last what they last', () => {
    const listens = take(20_000, { listensPerSecond: 0 });
    const last = new Map<string, number>();
    const gaps: number[] = [];
    for (const { listenedAt, userId } of listens) {
      const before = last.get(userId);
      if (before !== undefined) gaps.push(listenedAt - before);
      last.set(userId, listenedAt);
    }
    const songs = gaps.filter((gap) => gap >= 105 && gap <= 316).length / gaps.length;
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(104);
    expect(songs).toBeGreaterThan(0.8);
    expect(songs).toBeLessThan(0.97);
  });

  it('have a long tail: most tracks are rare, few are widely known', () => {
    const counts = [...listenersOf(take(40_000)).values()].map((users) => users.size);
    counts.sort((a, b) => b - a);
    const pairs = counts.reduce((sum, count) => sum + count, 0);
    const top = counts.slice(0, Math.ceil(counts.length * 0.03));
    const rare = counts.filter((count) => count < 5).length / counts.length;
    expect(rare).toBeGreaterThan(0.5);
    expect(top.reduce((sum, count) => sum + count, 0) / pairs).toBeGreaterThan(0.12);
    expect(counts[0]).toBeGreaterThan(10 * (counts[counts.length >> 1] ?? 0));
  });

  it('differ in how much they listen, and repeat what they like', () => {
    const listens = take(40_000);
    const plays = new Map<string, number>();
    for (const { userId } of listens) plays.set(userId, (plays.get(userId) ?? 0) + 1);
    const sorted = [...plays.values()].sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1] as number;
    expect((sorted.at(-1) as number) / median).toBeGreaterThan(5);
    const pairs = [...listenersOf(listens).values()].reduce((sum, users) => sum + users.size, 0);
    expect(listens.length / pairs).toBeGreaterThan(1.8);
    expect(listens.length / pairs).toBeLessThan(4);
  });

  it('find new releases, in a burst after they come out', () => {
    const listens = take(40_000, { newReleasesPerDay: 20, newReleaseShare: 0.1 });
    const half = listens.length / 2;
    const known = listenersOf(listens.slice(0, half));
    const later = listenersOf(listens.slice(half));
    const fresh = [...later].filter(([track]) => !known.has(track));
    const most = Math.max(...fresh.map(([, users]) => users.size));
    expect(most).toBeGreaterThan(15);
    const none = new SimulatedListeners({ ...SMALL, newReleasesPerDay: 0 });
    const out = none.releasedTracks;
    for (let count = 0; count < 20_000; count++) none.next();
    expect(none.releasedTracks).toBe(out);
    expect(out).toBeLessThan(6000);
  });

  it('give each track one identity and each identity one track', () => {
    const tracks = 20_000;
    const listeners = new SimulatedListeners({ ...SMALL, tracks });
    const ids = new Set<string>();
    let withMbid = 0;
    for (let number = 0; number < tracks; number++) {
      const track = listeners.trackOf(number);
      ids.add(track.trackId).add(track.recordingMsid);
      withMbid += Number(track.recordingMbid !== null);
      if (number % 100 === 0) {
        expect(track.trackId).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
        expect(track.artistName.length * track.trackName.length).toBeGreaterThan(0);
        expect(listeners.trackOf(number)).toEqual(track);
      }
    }
    expect(ids.size).toBe(tracks + withMbid);
    expect(withMbid / tracks).toBeCloseTo(0.75, 1);
  });

  it('have names of their own', () => {
    const listeners = new SimulatedListeners(SMALL);
    const names = new Set(Array.from({ length: 500 }, (_, user) => listeners.userId(user)));
    expect(names.size).toBe(500);
  });

  it.each([{ users: 0 }, { tracks: 10, artists: 20 }, { genres: 0 }, { seed: Number.NaN }])(
    'refuse %j',
    (settings) => {
      expect(() => new SimulatedListeners(settings)).toThrow();
    },
  );
});
