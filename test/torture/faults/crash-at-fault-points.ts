/** kill −9 exactly at an arrow of a step or a take-over, on all machines at once, the points least hit so far first. */
import type { FaultPointName } from '../../../src/fault-points';
import type { Random } from '../../../src/random';
import type { Arena } from '../arena';
import { type Fault, pick } from '../fault';
import type { Machine } from '../machine';

/** A slot has to be assigned first, which takes a session where the member before died without a word. */
const HIT_MS_MAX = 90_000;
const PASSES_MAX = 25;
const IN_TAKE_OVER: readonly FaultPointName[] = ['after-fencing', 'in-restore', 'before-seek'];

export const crashAtFaultPoints: Fault = {
  name: 'kill -9 at fault points',
  expected: 'the step is there or not, whole; the state on disk is trusted and rolled forward',
  async inflict(arena, random) {
    const points = leastHit(arena, random);
    await Promise.all(
      arena.machines.map((machine, index) => crash(machine, points[index]!, random)),
    );
    return [];
  },
};

function leastHit({ hits, machines }: Arena, random: Random): FaultPointName[] {
  const order = [...hits]
    .map(([point, count]) => ({ point, count: count + random.next() }))
    .sort((a, b) => a.count - b.count);
  return order.slice(0, machines.length).map(({ point }) => point);
}

async function crash(machine: Machine, point: FaultPointName, random: Random): Promise<void> {
  await machine.kill();
  const passes = IN_TAKE_OVER.includes(point)
    ? pick(random, [1, 1, 2])
    : 1 + random.below(PASSES_MAX);
  machine.start(`${point}:${passes}`);
  // One that is given no slot does not come by; the report tells how often each was hit.
  if (!(await machine.untilEnded(HIT_MS_MAX))) await machine.kill();
  machine.start();
}
