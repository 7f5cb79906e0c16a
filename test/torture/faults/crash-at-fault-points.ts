/**
 * kill −9 exactly at an arrow of a step or a take-over: every point once, dealt among the machines, each of which dies
 * again and again at once with the others.
 */
import { FAULT_POINTS, type FaultPointName } from '../../../src/fault-points';
import type { Random } from '../../../src/random';
import { type Fault, shuffled } from '../fault';
import type { Machine } from '../machine';

/** One that is given no slot does not come by; the report tells how often each was hit. */
const HIT_MS_MAX = 60_000;
const PASSES_MAX = 8;
const IN_TAKE_OVER: readonly FaultPointName[] = ['after-fencing', 'in-restore', 'before-seek'];

export const crashAtFaultPoints: Fault = {
  name: 'kill -9 at every fault point',
  expected: 'the step is there or not, whole; the state on disk is trusted and rolled forward',
  async inflict({ machines }, random) {
    const points = shuffled(FAULT_POINTS, random);
    await Promise.all(
      machines.map(async (machine, index) => {
        const share = points.filter((_point, place) => place % machines.length === index);
        for (const point of share) await crash(machine, point, random);
        machine.start();
      }),
    );
    return [];
  },
};

async function crash(machine: Machine, point: FaultPointName, random: Random): Promise<void> {
  await machine.kill();
  const passes = 1 + random.below(IN_TAKE_OVER.includes(point) ? 2 : PASSES_MAX);
  machine.start(`${point}:${passes}`);
  if (!(await machine.untilEnded(HIT_MS_MAX))) await machine.kill();
}
