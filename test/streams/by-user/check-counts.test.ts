import type { History } from '../../../schemas/records';
import type { ProcessorContext } from '../../../src/engine/processor';
import type { StateStore } from '../../../src/store/state-store';
import { PrometheusMeter } from '../../../src/telemetry/prometheus-meter';
import { checkCounts } from '../../../streams/by-user/check-counts';
import type { KeptListen } from '../../../streams/by-user/keep-history';
import { historyKey, userStores } from '../../../streams/by-user/stores';
import { segueTopics } from '../../../streams/topics';
import { MapStore } from '../../support/fake-processor-context';

const BUDGET = { spent: () => false, farBehind: false, idle: true };

function mapStore<V>(entries: readonly (readonly [string, V])[]): StateStore<V> {
  const store = new MapStore<V>();
  for (const [key, value] of entries) store.put(key, value);
  return store;
}

function history(plays: number): History {
  return { plays, last_listened_at: 0 } as History;
}

/** Ends `steps` steps, one a second, over these stores; answers what the meter says. */
async function check(
  users: readonly (readonly [string, number])[],
  histories: readonly (readonly [string, History])[],
  { steps = users.length, budget = BUDGET } = {},
) {
  const stores = userStores(segueTopics());
  const meter = new PrometheusMeter({ processSeries: false });
  let nowMs = 0;
  const held: Record<string, StateStore<unknown>> = {
    users: mapStore<unknown>(users),
    histories: mapStore<unknown>(histories),
  };
  const processor = checkCounts(stores).build({
    meter,
    now: () => nowMs,
    store: ({ name }: { name: string }) => held[name],
    forward() {},
  } as unknown as ProcessorContext<KeptListen>);
  for (let step = 0; step < steps; step++) {
    expect(await processor.endStep!(budget)).toBe(false);
    nowMs += 1000;
  }
  const text = await meter.text();
  const value = (name: string) =>
    Number(new RegExp(`^${name}\\{check="tracks-of-user"\\} (\\S+)$`, 'm').exec(text)![1]);
  return {
    checks: value('segue_count_checks_total'),
    failures: value('segue_count_check_failures_total'),
  };
}

const HISTORIES = [
  [historyKey('a', 't1'), history(2)],
  [historyKey('a', 't2'), history(1)],
  [historyKey('a', 't3'), history(0)],
  [historyKey('b', 't1'), history(1)],
] as const;

describe('the check of counts', () => {
  it('is content with counts that equal a recount, deleted tracks left out', async () => {
    const users = [
      ['a', 2],
      ['b', 1],
    ] as const;
    expect(await check(users, HISTORIES)).toEqual({ checks: 2, failures: 0 });
  });

  it('finds a count that is wrong, and begins again when it is through', async () => {
    const users = [
      ['a', 3],
      ['b', 1],
    ] as const;
    // After the last user one step finds nobody.
    expect(await check(users, HISTORIES, { steps: 6 })).toEqual({ checks: 4, failures: 2 });
  });

  it('leaves long histories and busy times alone', async () => {
    const users = [['a', 5001]] as const;
    expect(await check(users, HISTORIES)).toEqual({ checks: 0, failures: 0 });
    const busy = { ...BUDGET, idle: false };
    expect(await check([['b', 7]], HISTORIES, { budget: busy })).toEqual({
      checks: 0,
      failures: 0,
    });
  });
});
