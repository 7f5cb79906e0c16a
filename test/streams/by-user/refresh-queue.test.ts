import { RefreshQueue } from '../../../streams/by-user/refresh-queue';
import type { RefreshMark } from '../../../streams/by-user/stores';
import { MapStore } from '../../support/fake-processor-context';

/** `keysAfter` of real stores answers what is committed: this one learns of writes when told to. */
class CommittedLater<V> extends MapStore<V> {
  #committed: readonly string[] = [];

  commit(): void {
    this.#committed = [...this.values.keys()].sort();
  }

  override async keysAfter(after: string, limit: number): Promise<string[]> {
    return this.#committed.filter((key) => key > after).slice(0, limit);
  }
}

function fixture({ touchedMax = 50_000 } = {}) {
  const stores = {
    users: new CommittedLater<number>(),
    waiting: new CommittedLater<true>(),
    refreshed: new CommittedLater<RefreshMark>(),
  };
  const queue = new RefreshQueue(stores, { touchedMax });
  const commit = () => {
    queue.save();
    for (const store of Object.values(stores)) store.commit();
  };
  const drain = async (mark: RefreshMark) => {
    const users: string[] = [];
    for (let next = await queue.next(); next !== undefined; next = await queue.next()) {
      users.push(next.user);
      queue.done(next.user, mark);
    }
    return users;
  };
  return { stores, queue, commit, drain };
}

const at = (ms: number) => ({ producedAtMs: ms, receivedAtMs: ms + 1 });

const MARK = { generation: 1, edition: 7 };

describe('the refresh queue', () => {
  it('gives those who listened in the order they came, each once, with the oldest time they wait for', async () => {
    const { queue } = fixture();
    queue.touch('ann', at(10));
    queue.touch('bob', at(20));
    queue.touch('ann', at(30));
    expect(await queue.next()).toEqual({ user: 'ann', oldest: at(10) });
    queue.done('ann', MARK);
    expect(await queue.next()).toEqual({ user: 'bob', oldest: at(20) });
    queue.done('bob', MARK);
    expect(await queue.next()).toBeUndefined();
    expect(queue.hasMore()).toBe(false);
  });

  it('never writes down who is done within the step, and strikes out who is done later', async () => {
    const { queue, stores, commit } = fixture();
    queue.touch('ann', at(10));
    queue.touch('bob', at(10));
    queue.done('ann', MARK);
    commit();
    expect([...stores.waiting.values.keys()]).toEqual(['bob']);
    queue.done('bob', MARK);
    expect(stores.waiting.values.size).toBe(0);
  });

  it('finds after a restart whoever was waiting, without a time', async () => {
    const { stores, queue, commit } = fixture();
    queue.touch('ann', at(10));
    commit();
    const next = new RefreshQueue(stores);
    expect(next.hasMore()).toBe(true);
    expect(await next.next()).toEqual({ user: 'ann' });
    next.done('ann', MARK);
    expect(await next.next()).toBeUndefined();
    expect(next.hasMore()).toBe(false);
  });

  it('lets those who listen go before those left from before a take-over', async () => {
    const { stores, queue, commit } = fixture();
    for (const user of ['ann', 'bob', 'cid']) queue.touch(user, at(10));
    commit();
    const next = new RefreshQueue(stores);
    next.done((await next.next())!.user, MARK);
    expect(next.waiting).toBe(2);
    next.touch('cid', at(20));
    next.touch('dan', at(30));
    const order: unknown[] = [];
    for (let one = await next.next(); one !== undefined; one = await next.next()) {
      order.push(one);
      next.done(one.user, MARK);
    }
    expect(order).toEqual([
      { user: 'cid', oldest: at(20) },
      { user: 'dan', oldest: at(30) },
      { user: 'bob' },
    ]);
    expect(next.hasMore()).toBe(false);
  });

  it('sweeps everybody whose list stands against something else, the lately active first', async () => {
    const { stores, queue, commit, drain } = fixture();
    for (let user = 0; user < 500; user++) stores.users.put(`u${String(user).padStart(3, '0')}`, 1);
    for (const user of ['u400', 'u100']) queue.touch(user, at(1));
    await drain({ generation: 1, edition: -1 });
    stores.refreshed.put('u000', { generation: 2, edition: -1 });
    stores.refreshed.put('u001', { generation: 2, edition: 7 });
    stores.refreshed.put('u002', { generation: 2, edition: 6 });
    commit();
    queue.startSweep({ generation: 2, edition: 7 });
    expect(queue.isSweeping()).toBe(true);
    const swept = await drain({ generation: 2, edition: -1 });
    expect(swept.slice(0, 2)).toEqual(['u100', 'u400']);
    expect(new Set(swept).size).toBe(swept.length);
    expect(swept).toHaveLength(498);
    expect(swept).not.toContain('u000');
    expect(swept).not.toContain('u001');
    expect(queue.isSweeping()).toBe(false);
  });

  it('passes a personal list over when only the popular one changed', async () => {
    const { stores, queue, commit, drain } = fixture();
    stores.users.put('own', 1);
    stores.users.put('popular', 1);
    stores.refreshed.put('own', { generation: 1, edition: -1 });
    stores.refreshed.put('popular', { generation: 1, edition: 6 });
    commit();
    queue.startSweep({ generation: 1, edition: 7 });
    expect(await drain(MARK)).toEqual(['popular']);
  });

  it('starts a sweep over when the target changes under it', async () => {
    const { stores, queue, commit, drain } = fixture();
    for (const user of ['a', 'b', 'c']) stores.users.put(user, 1);
    commit();
    queue.startSweep({ generation: 1, edition: 7 });
    queue.done((await queue.next())!.user, { generation: 1, edition: -1 });
    queue.startSweep({ generation: 2, edition: 7 });
    expect((await drain({ generation: 2, edition: -1 })).sort()).toEqual(['a', 'b', 'c']);
  });

  it('lets those who listen go before a sweep', async () => {
    const { stores, queue, commit } = fixture();
    for (const user of ['a', 'b', 'c']) stores.users.put(user, 1);
    commit();
    queue.startSweep({ generation: 1, edition: 7 });
    queue.done((await queue.next())!.user, MARK);
    queue.touch('zoe', at(5));
    expect(await queue.next()).toEqual({ user: 'zoe', oldest: at(5) });
  });

  it('forgets nobody when more wait than memory holds, whenever their step is committed', async () => {
    const { queue, stores, commit } = fixture({ touchedMax: 10 });
    const wanted = Array.from({ length: 57 }, (_, user) => `u${String(user).padStart(2, '0')}`);
    for (const user of wanted) queue.touch(user, at(1));
    const done: string[] = [];
    // Each turn is a step whose writes are visible only after the next one has read.
    for (let step = 0; step < 30 && queue.hasMore(); step++) {
      for (let refresh = 0; refresh < 12; refresh++) {
        const next = await queue.next();
        if (next === undefined) break;
        done.push(next.user);
        queue.done(next.user, MARK);
      }
      queue.save();
      for (const store of Object.values(stores)) if (step % 2 === 1) store.commit();
    }
    commit();
    expect([...new Set(done)].sort()).toEqual(wanted);
    expect(stores.waiting.values.size).toBe(0);
  });
});
