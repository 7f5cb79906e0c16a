/** Where a schema registry is, and how to log in there. The password never appears in a message. */
import { SegueError } from '../errors';

export interface RegistryAddress {
  /** Without a login and without a slash at the end; safe to print. */
  readonly url: string;
  readonly login: { readonly username: string; readonly password: string } | undefined;
}

export interface RegistryAddressOptions {
  /** May carry the login: `https://name:password@host/path`. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** Throws SETTING_INVALID where `url` is none. */
export function toRegistryAddress(options: RegistryAddressOptions): RegistryAddress {
  const url = URL.canParse(options.url) ? new URL(options.url) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new SegueError(
      'SETTING_INVALID',
      'expected --registry to be a URL, http://… or https://…; it is none',
    );
  }
  const username = options.username ?? decodeURIComponent(url.username);
  const password = options.password ?? decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  return {
    url: url.href.replace(/\/+$/, ''),
    login: username === '' ? undefined : { username, password },
  };
}
