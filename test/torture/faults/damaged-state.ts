/** What can become of a slot's directory while its process is down. */
import { existsSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hasCode } from '../../../src/errors';
import type { Random } from '../../../src/random';
import { openClassicLevel } from '../../../src/store/level';
import { SlotDatabase, type SlotMark } from '../../../src/store/slot-database';
import { type Fault, pick, unlessSaid } from '../fault';
import type { Machine } from '../machine';

const MEMORY = { blockCacheBytes: 1 << 20, writeBufferBytes: 1 << 20 } as const;
const DAY_MS = 24 * 60 * 60 * 1000;
const WORDS_MS_MAX = 60_000;

/** Kills a process, damages every slot's directory on its machine, and starts it again. */
function stateFault(
  name: string,
  expected: string,
  damage: (directory: string, random: Random) => Promise<boolean> | boolean,
  words?: RegExp,
): Fault {
  return {
    name,
    expected,
    async inflict({ machines }, random) {
      const machine = pick(random, machines);
      await machine.kill();
      const damaged: string[] = [];
      for (const slot of slotsOf(machine))
        if (await damage(join(machine.slots, slot), random)) damaged.push(slot);
      machine.start();
      return words === undefined ? [] : untilSaid(machine, damaged, words);
    },
  };
}

function slotsOf(machine: Machine): string[] {
  if (!existsSync(machine.slots)) return [];
  // The member file lies beside them.
  return readdirSync(machine.slots).filter((name) => /^\d+$/.test(name));
}

/** Where the machine is given one of the damaged slots again, it has to say so. */
async function untilSaid(
  machine: Machine,
  damaged: readonly string[],
  words: RegExp,
): Promise<readonly string[]> {
  const deadline = Date.now() + WORDS_MS_MAX;
  for (;;) {
    const said = machine.said();
    const assigned = /slots assigned: ([\d, ]+|none)/.exec(said)?.[1]?.split(', ');
    if (assigned !== undefined && !assigned.some((slot) => damaged.includes(slot))) return [];
    if (words.test(said) || Date.now() > deadline) return unlessSaid(words, [said]);
    await pause(100);
  }
}

async function changeMark(
  directory: string,
  change: (mark: SlotMark) => SlotMark,
): Promise<boolean> {
  let database: SlotDatabase;
  try {
    database = new SlotDatabase(await openClassicLevel(directory, MEMORY));
  } catch (error) {
    // Damaged before, and nobody has had to open it since.
    if (hasCode(error, 'STORE_CORRUPT')) return false;
    throw error;
  }
  const mark = database.mark();
  if (mark !== undefined) await database.apply([], change(mark), undefined, true);
  await database.close();
  return mark !== undefined;
}

/** In the middle of one of the files whose names match; where there is none, nothing happens. */
function truncateOne(directory: string, pattern: RegExp, random: Random): boolean {
  const files = readdirSync(directory).filter((name) => pattern.test(name));
  if (files.length === 0) return false;
  const file = join(directory, pick(random, files));
  truncateSync(file, Math.floor(statSync(file).size / 2));
  return true;
}

export const STATE_FAULTS: readonly Fault[] = [
  stateFault('state deleted', 'restored from the topics', (directory) => {
    rmSync(directory, { recursive: true, force: true });
    return true;
  }),
  stateFault(
    'state of another boot',
    'wiped with a message, restored from the topics',
    (directory) =>
      changeMark(directory, (mark) => ({ ...mark, bootId: 'another machine', clean: false })),
    /wiped and restored from its topics: the machine was started anew/,
  ),
  stateFault(
    'state stale beyond tombstone retention',
    'wiped with a message, restored from the topics',
    (directory) =>
      changeMark(directory, (mark) => ({ ...mark, writtenAtMs: Date.now() - 2 * DAY_MS })),
    /wiped and restored from its topics: it is \d+ s old/,
  ),
  stateFault(
    'write-ahead log cut in the middle',
    'what is left is older, in one piece, and is rolled forward',
    (directory, random) => truncateOne(directory, /\.log$/, random),
  ),
  stateFault(
    'table file cut in the middle',
    'noticed when it is read; deleted and restored from the topics',
    (directory, random) => truncateOne(directory, /\.ldb$/, random),
  ),
  stateFault(
    'manifest cut in the middle',
    'deleted with a message, restored from the topics',
    (directory, random) => truncateOne(directory, /^MANIFEST/, random),
  ),
];
