/** A thread that gives way to all others of the machine: for long work beside somebody who serves. */
import { setPriority } from 'node:os';

/** About a tenth of the processor time of a thread of normal priority that wants it too; all of it where none does. */
export const BACKGROUND_NICENESS = 10;

/** The calling thread from now on. Linux alone has priorities by thread: elsewhere it would be the whole process. */
export function giveWay(): void {
  if (process.platform === 'linux') setPriority(BACKGROUND_NICENESS);
}
