/** Brokers that die, restart and hand their partitions on while steps are being committed. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../../src/random';
import type { Arena } from '../arena';
import type { Fault } from '../fault';

const AWAY_MS = 3000;

export const brokerKilled: Fault = {
  name: 'broker kill -9 during commits',
  expected: 'commits in doubt are decided by taking over again; nothing acknowledged is lost',
  inflict: (arena, random) => endNode(arena, 'SIGKILL', random),
};

export const brokerRestarted: Fault = {
  name: 'broker restart',
  expected: 'retried until it is back; with three nodes others lead meanwhile, then it leads again',
  inflict: (arena, random) => endNode(arena, 'SIGTERM', random),
};

export const brokerFrozen: Fault = {
  name: 'broker SIGSTOP during commits',
  expected: 'requests time out or wait; who leads meanwhile is found',
  async inflict(arena, random) {
    const node = random.below(arena.options.nodes);
    await arena.kafka.kill('SIGSTOP', node);
    await pause(AWAY_MS + random.below(6000));
    await arena.kafka.kill('SIGCONT', node);
    return [];
  },
};

async function endNode(
  { kafka, options }: Arena,
  signal: NodeJS.Signals,
  random: Random,
): Promise<readonly string[]> {
  await kafka.kill(signal, random.below(options.nodes));
  await pause(random.below(AWAY_MS));
  await kafka.restart();
  return [];
}
