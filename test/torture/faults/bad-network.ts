/** Networks between one machine and the brokers: cut without a word, reset, slow. */
import { setTimeout as pause } from 'node:timers/promises';
import type { TcpProxy } from '../../support/tcp-proxy';
import { type Arena, SESSION_MS } from '../arena';
import { type Fault, pick } from '../fault';

const SLOW_MS = 150;

function onOneMachine(
  name: string,
  expected: string,
  damage: { readonly begin: (link: TcpProxy) => void; readonly lastsMs: number },
): Fault {
  return {
    name,
    expected,
    async inflict(arena: Arena, random) {
      const links = arena.linksOf(pick(random, arena.machines));
      for (const link of links) damage.begin(link);
      await pause(damage.lastsMs + random.below(damage.lastsMs / 4));
      for (const link of links) link.heal();
      return [];
    },
  };
}

export const networkCut = onOneMachine(
  'network cut',
  'others take its slots over; what it sent and nobody heard of arrives late and is refused',
  { begin: (link) => link.stall(), lastsMs: SESSION_MS + 2000 },
);

export const networkReset = onOneMachine(
  'connections reset',
  'connected anew; commits in doubt are decided',
  { begin: (link) => link.refuse(), lastsMs: 3000 },
);

export const networkSlow = onOneMachine(
  'slow network',
  'steps take longer, and nobody else waits',
  { begin: (link) => link.slow(SLOW_MS), lastsMs: 8000 },
);
