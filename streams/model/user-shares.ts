/** Which users a challenger serves beside the promoted generation: always the same ones, by a hash. */
import { crc32 } from 'node:zlib';

export interface Challenger {
  readonly generation: number;
  /** 0 … 1 of the users. */
  readonly share: number;
}

/** Other users in each experiment, because the challenger's number is part of what is hashed. */
export function isChallenged(user: string, { generation, share }: Challenger): boolean {
  return crc32(`${generation}/${user}`) / 2 ** 32 < share;
}
