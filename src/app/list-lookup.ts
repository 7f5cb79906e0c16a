/**
 * A user's list, whichever process is asked: from this one where it owns the user, else from the owner, whose
 * address stands in the group's member data, else from who follows the owner's slot and would take it over. Who is
 * asked by another process answers for itself only, so a question travels once.
 */

import type { GroupMember } from '../broker/broker';
import { type Clock, sleep } from '../clock';
import { ANSWERED_FROM, type ListFound } from '../http/routes';
import { addressOf } from './member-data';

/** A process that owns the user but does not answer within this long counts as away. */
const OWNER_MS_MAX = 2000;

export interface ListOwner {
  /** undefined: this process does not serve the user now; `list` undefined: it does, and there is none. */
  ownList(user: string): { readonly list: object | undefined } | undefined;
  /** The list as this process has it from following the user's slot, which another one owns: a moment old. */
  followedList(user: string): object | undefined;
  /** The member that the user's slot is assigned to, if that is another process. */
  ownerOf(user: string): GroupMember | undefined;
  /** Other members that follow the user's slot. */
  followersOf(user: string): readonly GroupMember[];
}

export class ListLookup {
  constructor(
    private readonly owner: ListOwner,
    private readonly clock: Clock,
  ) {}

  async find(user: string, onlyHere: boolean): Promise<ListFound> {
    const own = this.owner.ownList(user);
    if (own !== undefined) return { from: 'here', ...own };
    if (!onlyHere) {
      const answer = await this.#askMember(this.owner.ownerOf(user), user);
      if (answer !== undefined) return answer;
    }
    const followed = this.owner.followedList(user);
    if (followed !== undefined) return { from: 'standby', list: followed };
    for (const member of onlyHere ? [] : this.owner.followersOf(user)) {
      const answer = await this.#askMember(member, user);
      if (answer !== undefined) return answer;
    }
    return { from: 'nobody' };
  }

  async #askMember(member: GroupMember | undefined, user: string): Promise<ListFound | undefined> {
    const url = member && addressOf(member.data);
    return url === undefined
      ? undefined
      : this.#ask(`${url}/recommendations/${encodeURIComponent(user)}?here`);
  }

  /** undefined where the other one cannot say: away, or on its way to take over. */
  async #ask(url: string): Promise<ListFound | undefined> {
    const inTime = new AbortController();
    void sleep(this.clock, OWNER_MS_MAX).then(() => inTime.abort());
    try {
      const response = await fetch(url, { signal: inTime.signal, redirect: 'error' });
      const body = (await response.json()) as object;
      if (response.status === 404) return { from: 'owner', list: undefined };
      const from = response.headers.get(ANSWERED_FROM) === 'standby' ? 'standby' : 'owner';
      return response.ok ? { from, list: body } : undefined;
    } catch {
      return undefined;
    }
  }
}
