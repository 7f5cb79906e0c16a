/** SIGSTOP for longer than others wait, then SIGCONT: a zombie that does not know what it has lost. */
import { setTimeout as pause } from 'node:timers/promises';
import { SESSION_MS, TRANSACTION_MS } from '../arena';
import { type Fault, pick } from '../fault';

export const frozenBeyondSession: Fault = {
  name: 'SIGSTOP beyond the session',
  expected: 'others take its slots over; awake again it is fenced or lets go, and joins anew',
  async inflict({ machines }, random) {
    const machine = pick(random, machines);
    machine.freeze();
    await pause(SESSION_MS + 1000 + random.below(4000));
    machine.thaw();
    return [];
  },
};

export const frozenBeyondTransaction: Fault = {
  name: 'SIGSTOP of all beyond the transaction timeout',
  expected: 'the broker aborts the open steps; all are taken over again',
  async inflict({ machines }) {
    for (const machine of machines) machine.freeze();
    await pause(TRANSACTION_MS + 5000);
    for (const machine of machines) machine.thaw();
    return [];
  },
};
