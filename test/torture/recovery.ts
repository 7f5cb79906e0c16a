/** Waiting for the application to be itself again: positions committed beyond what was there, and then nothing left. */
import { setTimeout as pause } from 'node:timers/promises';
import type { PartitionRange } from '../../src/broker/broker';
import { Scrape } from '../bench/scrape';
import { APPLICATION, type Arena } from './arena';

const LOOK_MS = 200;
const QUIET_LOOKS = 5;
const QUIET_MS = 600;

/**
 * Milliseconds until everything that lay in `listens` at the call is committed by every slot; undefined when that takes
 * longer than `msMax`.
 */
export async function untilProcessed(arena: Arena, msMax: number): Promise<number | undefined> {
  const startedMs = Date.now();
  let wanted: readonly PartitionRange[] | undefined;
  while (Date.now() - startedMs < msMax) {
    try {
      const { broker } = arena.places;
      const { name } = arena.administration.topics.listens;
      wanted ??= await broker.ranges(name);
      const places = wanted.map(({ partition }) => ({ topic: name, partition }));
      const positions = await broker.committed(APPLICATION, places);
      const reached = new Map(positions.map(({ partition, offset }) => [partition, offset]));
      if (wanted.every(({ partition, end }) => (reached.get(partition) ?? 0) >= end))
        return Date.now() - startedMs;
    } catch {
      // The broker is part of what has to recover.
    }
    await pause(LOOK_MS);
  }
  return undefined;
}

/** With no load: no input left, nobody waiting for a list, several looks in a row. False when it takes too long. */
export async function untilQuiet(arena: Arena, msMax: number): Promise<boolean> {
  const startedMs = Date.now();
  let before = '';
  for (let looks = 0; looks < QUIET_LOOKS; ) {
    if (Date.now() - startedMs > msMax) return false;
    await pause(QUIET_MS);
    const now = await standing(arena);
    looks = now !== undefined && now === before ? looks + 1 : 0;
    before = now ?? '';
  }
  return true;
}

/** A text that changes while something goes on; undefined while something is known to be left. */
async function standing(arena: Arena): Promise<string | undefined> {
  try {
    const scrapes = await Promise.all(arena.machines.map(({ url }) => Scrape.of(url!)));
    const sum = (name: string) => scrapes.reduce((total, scrape) => total + scrape.sum(name), 0);
    if (sum('segue_lag_records') + sum('segue_refreshes_waiting') > 0) return undefined;
    if (sum('segue_slots_held') !== arena.slots) return undefined;
    const { topics } = arena.administration;
    const ends = await Promise.all(
      Object.values(topics).map(({ name }) => arena.places.broker.ranges(name)),
    );
    return JSON.stringify(ends);
  } catch {
    return undefined;
  }
}
