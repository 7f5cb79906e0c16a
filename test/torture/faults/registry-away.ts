/** The registry cannot be reached: those that run go on, one that begins says so and is started again by its supervisor. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Fault, pick, unlessSaid } from '../fault';

const WORDS_MS_MAX = 60_000;

export const registryAway: Fault = {
  name: 'registry away',
  expected: 'those that run go on; one that begins ends with REGISTRY_UNREACHABLE until it is back',
  async inflict({ machines, registryLink }, random) {
    registryLink.refuse();
    const machine = pick(random, machines);
    await machine.kill();
    machine.start();
    const deadline = Date.now() + WORDS_MS_MAX;
    let said = machine.said();
    while (!/REGISTRY_UNREACHABLE/.test(said) && Date.now() < deadline) {
      await pause(100);
      said = machine.said();
    }
    registryLink.heal();
    return unlessSaid(/REGISTRY_UNREACHABLE/, [said]);
  },
};
