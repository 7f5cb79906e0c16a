/**
 * Who this process is in the group, kept beside its slots. After a kill the next life takes the old member out of
 * the group, instead of waiting until its session is over.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import nodeProcess from 'node:process';
import type { Settings } from '../config';

interface Entry {
  readonly memberId: string;
  readonly processId: number;
  readonly bootId: string;
}

export class MemberFile {
  readonly #folder: string;
  readonly #path: string;

  constructor(
    { data, application }: Pick<Settings, 'data' | 'application'>,
    private readonly bootId: string,
  ) {
    this.#folder = join(data, 'slots', application);
    this.#path = join(this.#folder, 'member.json');
  }

  /** The member that an earlier process on this folder was; undefined where that process still runs. */
  earlier(): string | undefined {
    try {
      const entry = JSON.parse(readFileSync(this.#path, 'utf8')) as Entry;
      return this.#runs(entry) ? undefined : entry.memberId;
    } catch {
      // Nothing kept, or cut off in the middle: the session's end decides, as without this file.
      return undefined;
    }
  }

  keep(memberId: string): void {
    const entry: Entry = { memberId, processId: nodeProcess.pid, bootId: this.bootId };
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(this.#path, JSON.stringify(entry));
  }

  /** In a container each life has the same process id, so our own says nothing. */
  #runs({ processId, bootId }: Entry): boolean {
    if (bootId !== this.bootId || processId === nodeProcess.pid) return false;
    try {
      nodeProcess.kill(processId, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'ESRCH';
    }
  }
}
