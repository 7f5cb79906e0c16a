/**
 * A user's list, whichever process is asked: from this one where it owns the user, else from the owner, whose
 * address stands in the group's member data. Who is asked by another process answers for itself only, so a
 * question travels once.
 */

import type { GroupMember } from '../broker/broker';
import { type Clock, sleep } from '../clock';
import type { ListFound } from '../http/routes';
import { addressOf } from './member-data';

/** A process that owns the user but does not answer within this long counts as away. */
const OWNER_MS_MAX = 2000;

export interface ListOwner {
  /** undefined: this process does not serve the user now; `list` undefined: it does, and there is none. */
  ownList(user: string): { readonly list: object | undefined } | undefined;
  /** The member that the user's slot is assigned to, if that is another process. */
  ownerOf(user: string): GroupMember | undefined;
}

export class ListLookup {
  constructor(
    private readonly owner: ListOwner,
    private readonly clock: Clock,
  ) {}

  async find(user: string, onlyHere: boolean): Promise<ListFound> {
    const own = this.owner.ownList(user);
    if (own !== undefined) return { from: 'here', ...own };
    const url = onlyHere ? undefined : this.#addressOfOwner(user);
    if (url === undefined) return { from: 'nobody' };
    const answer = await this.#ask(`${url}/recommendations/${encodeURIComponent(user)}?here`);
    return answer ?? { from: 'nobody' };
  }

  #addressOfOwner(user: string): string | undefined {
    const member = this.owner.ownerOf(user);
    return member && addressOf(member.data);
  }

  /** undefined where the owner cannot say: away, or on its way to take over. */
  async #ask(url: string): Promise<ListFound | undefined> {
    const inTime = new AbortController();
    void sleep(this.clock, OWNER_MS_MAX).then(() => inTime.abort());
    try {
      const response = await fetch(url, { signal: inTime.signal, redirect: 'error' });
      const body = (await response.json()) as object;
      if (response.status === 404) return { from: 'owner', list: undefined };
      return response.ok ? { from: 'owner', list: body } : undefined;
    } catch {
      return undefined;
    }
  }
}
