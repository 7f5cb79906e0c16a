/**
 * What went wrong between this program and a registry, as operating errors. The client's own errors carry
 * its requests, logins included; so their text is taken over and they are not kept as causes.
 */
import { SegueError } from '../errors';

/** Answers that another try can change: time-out, too many requests. 400 is also what the client makes of a broken connection. */
const RETRIABLE_STATUSES = [400, 408, 429];

export function statusOf(error: unknown): number | undefined {
  const status = (error as { status?: unknown } | undefined)?.status;
  return typeof status === 'number' ? status : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error to throw when the registry did not do what it was asked for. */
export function registryFailure(url: string, error: unknown): SegueError {
  const status = statusOf(error);
  if (status === 401 || status === 403) {
    return new SegueError(
      'REGISTRY_UNREACHABLE',
      `expected the schema registry at ${url} to let us in, it answered ${status}; ` +
        'check --registry-username and SEGUE_REGISTRY_PASSWORD',
    );
  }
  return new SegueError(
    'REGISTRY_UNREACHABLE',
    `expected a schema registry at ${url}, got: ${messageOf(error)}; check --registry and that it runs`,
    { retriable: status === undefined || status >= 500 || RETRIABLE_STATUSES.includes(status) },
  );
}
