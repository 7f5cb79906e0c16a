/** Local state against the topics it follows, and against itself on another machine. */
import type { SlotState } from '../../src/engine/slot-state';
import type { TableDefinition } from '../../src/engine/topology';
import type { SegueTopics } from '../../streams/topics';
import type { SegueStores } from '../../streams/topology';
import { differentBytes, differentCounts, differentValues } from './differences';
import type { Truth } from './ledger';
import type { Observed } from './observed';

/** Slot → `store key` → bytes. */
export type Contents = ReadonlyMap<number, ReadonlyMap<string, Buffer>>;

/** Tables of one partition a slot. */
function tablesOf(stores: SegueStores): TableDefinition<never>[] {
  const { histories, recommendations, listenerCounts } = stores;
  return [histories, recommendations, listenerCounts] as unknown as TableDefinition<never>[];
}

export async function contentsOf(
  states: ReadonlyMap<number, SlotState>,
  stores: SegueStores,
): Promise<Contents> {
  const contents = new Map<number, Map<string, Buffer>>();
  for (const [slot, state] of states) {
    const own = new Map<string, Buffer>();
    // Nobody's count is as good as 0.
    for (const { name, prefix } of [...tablesOf(stores), stores.users])
      for await (const [key, bytes] of state.database.entries(prefix))
        if (prefix !== stores.users.prefix || bytes.toString() !== '0')
          own.set(`${name} ${key.slice(prefix.length)}`, bytes);
    contents.set(slot, own);
  }
  return contents;
}

/** Each slot's tables, byte for byte as their topics have them; what it derives from them, recounted. */
export async function checkStores(
  observed: Observed,
  states: ReadonlyMap<number, SlotState>,
  { topics, stores, truth }: { topics: SegueTopics; stores: SegueStores; truth: Truth },
): Promise<string[]> {
  const contents = await contentsOf(states, stores);
  const differences: string[] = [];
  const tracksOf = new Map<string, number>();
  for (const definition of tablesOf(stores)) {
    const byPartition = await observed.table(definition.topic);
    for (const [slot, own] of contents)
      differences.push(
        ...differentBytes(
          `slot ${slot}, ${definition.name}`,
          withPrefix(own, `${definition.name} `),
          byPartition.get(slot) ?? new Map(),
        ),
      );
  }
  for (const [slot, state] of states) {
    for (const [user, bytes] of withPrefix(contents.get(slot)!, 'users '))
      tracksOf.set(user, Number(bytes.toString()));
    const waiting = await state.database.keysAfter('w', 'w', 3);
    if (waiting.length > 0) differences.push(`slot ${slot}: ${waiting} wait though all is quiet`);
  }
  differences.push(...differentCounts('tracks of users', tracksOf, truth.tracksOf));
  differences.push(...(await checkMarks(observed, states, { topics, stores })));
  return differences;
}

/** The mark stands behind the last record of each table, and the last progress record is the topic's. */
async function checkMarks(
  observed: Observed,
  states: ReadonlyMap<number, SlotState>,
  { topics, stores }: { topics: SegueTopics; stores: SegueStores },
): Promise<string[]> {
  const differences: string[] = [];
  const progress = (await observed.table(topics.progress)).get(0) ?? new Map<string, Buffer>();
  for (const { topic } of tablesOf(stores)) {
    for (const [slot, state] of states) {
      const last = (await observed.all(topic)).filter(([partition]) => partition === slot).at(-1);
      const behind = (last?.[1].offset ?? -1) + 1;
      const mark = state.database.mark()?.changelogs[topic.name] ?? 0;
      if (mark < behind)
        differences.push(`slot ${slot} stands at ${mark} of ${topic.name}, before ${behind}`);
    }
  }
  for (const [slot, state] of states) {
    const found = state.database.progress()?.toString('hex');
    const expected = progress.get(`slot-${slot}`)?.toString('hex');
    differences.push(...differentValues(`slot ${slot}, progress`, found, expected));
  }
  return differences;
}

/** Lists apart: a popular one may be published anew while the popular tracks of all slots come together again. */
export function differentContents(what: string, found: Contents, expected: Contents): string[] {
  const compared = (own: ReadonlyMap<string, Buffer> = new Map()) =>
    new Map([...own].filter(([key]) => !key.startsWith('recommendations ')));
  return [...found].flatMap(([slot, own]) =>
    differentBytes(`slot ${slot} ${what}`, compared(own), compared(expected.get(slot))),
  );
}

function withPrefix(own: ReadonlyMap<string, Buffer>, prefix: string): Map<string, Buffer> {
  const found = [...own].filter(([key]) => key.startsWith(prefix));
  return new Map(found.map(([key, bytes]) => [key.slice(prefix.length), bytes]));
}
