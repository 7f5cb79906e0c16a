/** What a process tells the others of its group: where it answers HTTP. */
import { hostname } from 'node:os';
import type { Settings } from '../config';

/** Addresses that mean "all of this machine", which nobody else can connect to. */
const WILDCARDS: readonly string[] = ['0.0.0.0', '::', ''];

/** The URL others reach this process at. `url` is where it listens. */
export function advertisedUrl(
  settings: Pick<Settings, 'advertisedUrl' | 'httpHost'>,
  url: string,
): string {
  if (settings.advertisedUrl !== undefined) return settings.advertisedUrl.replace(/\/$/, '');
  if (!WILDCARDS.includes(settings.httpHost)) return url;
  return `http://${hostname()}:${new URL(url).port}`;
}

export function memberData(url: string): Buffer {
  return Buffer.from(JSON.stringify({ url }));
}

/** undefined where a member says nothing that is an address, as those of other versions may. */
export function addressOf(data: Buffer): string | undefined {
  try {
    const { url } = JSON.parse(data.toString('utf8')) as { readonly url?: unknown };
    return typeof url === 'string' && URL.canParse(url) ? url : undefined;
  } catch {
    return undefined;
  }
}
