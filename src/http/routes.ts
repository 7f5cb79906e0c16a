/**
 * What is answered to which path. Pure but for the queries: a request line in, an answer out, so that tests need
 * no socket. Every error is JSON: { "error": { "code", "message" } }.
 *
 *   GET /metrics                  the Prometheus text format
 *   GET /health/live              200 while the process can answer at all
 *   GET /health/ready             200 when it does its work, else 503 with the reasons
 *   GET /recommendations/<user>   the list of a user, percent-encoded, whichever process owns the user
 *   GET /recommendations/<user>?here   the same, only if this process owns the user, or follows the owner's slot
 */

export interface Readiness {
  readonly ready: boolean;
  /** Why not, for people. */
  readonly reasons: readonly string[];
}

/**
 * A list, answered as JSON; undefined: the user has none. Standby: as it was a moment ago, from who follows the owner.
 * Nobody: who owns the user is being settled.
 */
export type ListFound =
  | { readonly from: 'here' | 'owner'; readonly list: object | undefined }
  | { readonly from: 'standby'; readonly list: object }
  | { readonly from: 'nobody' };

/** Where the routes get their data. */
export interface Queries {
  ready(): Readiness;
  /** `onlyHere`: other processes are not asked. Missing where the process has nothing to do with users. */
  readonly recommendations?: (user: string, onlyHere: boolean) => Promise<ListFound>;
  /** The Prometheus text format. */
  metrics(): Promise<string>;
}

export type RouteName = 'metrics' | 'live' | 'ready' | 'recommendations' | 'unknown';

export interface Answer {
  readonly route: RouteName;
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The longest path answered, and the longest user id, in characters. */
export const PATH_LENGTH_MAX = 4096;
export const USER_LENGTH_MAX = 1024;

/** Header that says which process a list is from; one of a standby may be outdated. */
export const ANSWERED_FROM = 'x-segue-answered-from';

const JSON_TYPE = 'application/json; charset=utf-8';
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const USER_PREFIX = '/recommendations/';

export interface RequestLine {
  readonly method: string;
  readonly url: string;
}

/** Never rejects because of what was asked; rejects where a query does. */
export async function answer({ method, url }: RequestLine, queries: Queries): Promise<Answer> {
  if (url.length > PATH_LENGTH_MAX)
    return fault('unknown', 414, `The path is longer than ${PATH_LENGTH_MAX} characters.`);
  if (method !== 'GET' && method !== 'HEAD') {
    const refused = fault('unknown', 405, `Only GET and HEAD are answered, not ${method}.`);
    return { ...refused, headers: { allow: 'GET, HEAD' } };
  }
  const [path = '', query] = url.split('?', 2);
  if (path === '/metrics')
    return {
      ...json('metrics', 200, {}),
      contentType: METRICS_TYPE,
      body: await queries.metrics(),
    };
  if (path === '/health/live') return json('live', 200, { live: true });
  if (path === '/health/ready') return readiness(queries.ready());
  const { recommendations } = queries;
  if (recommendations !== undefined && path.startsWith(USER_PREFIX))
    return listOf(path.slice(USER_PREFIX.length), query === 'here', recommendations);
  return fault(
    'unknown',
    404,
    'There is no such path; try /metrics, /health/live, /health/ready or /recommendations/<user>.',
  );
}

function readiness({ ready, reasons }: Readiness): Answer {
  return json('ready', ready ? 200 : 503, { ready, reasons });
}

async function listOf(
  encoded: string,
  onlyHere: boolean,
  find: NonNullable<Queries['recommendations']>,
): Promise<Answer> {
  const user = decodeUser(encoded);
  if (user === undefined)
    return fault(
      'recommendations',
      400,
      `Expected one user id of 1 to ${USER_LENGTH_MAX} characters, percent-encoded, behind /recommendations/.`,
    );
  const found = await find(user, onlyHere);
  if (found.from === 'nobody')
    return withHeader(
      fault(
        'recommendations',
        503,
        'No process that answers owns this user; try again in a moment.',
      ),
      { 'retry-after': '1' },
    );
  const answered =
    found.list === undefined
      ? fault(
          'recommendations',
          404,
          `User ${JSON.stringify(user)} has no list: not seen yet, or not yet refreshed.`,
        )
      : json('recommendations', 200, found.list);
  return withHeader(answered, { [ANSWERED_FROM]: found.from });
}

/** undefined where it is no user id: empty, too long, ill encoded, with a further slash or a NUL. */
function decodeUser(encoded: string): string | undefined {
  if (encoded.includes('/')) return undefined;
  try {
    const user = decodeURIComponent(encoded);
    const isUser = user.length > 0 && user.length <= USER_LENGTH_MAX && !user.includes('\0');
    return isUser ? user : undefined;
  } catch {
    return undefined;
  }
}

const withHeader = (answered: Answer, headers: Readonly<Record<string, string>>): Answer => ({
  ...answered,
  headers: { ...answered.headers, ...headers },
});

function json(route: RouteName, status: number, value: object): Answer {
  return { route, status, contentType: JSON_TYPE, body: `${JSON.stringify(value)}\n` };
}

const FAULT_CODES: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'BODY_NOT_TAKEN',
  414: 'PATH_TOO_LONG',
  431: 'HEADERS_TOO_LARGE',
  500: 'INTERNAL',
  503: 'BUSY',
  504: 'TOO_SLOW',
};

export function fault(route: RouteName, status: number, message: string): Answer {
  return json(route, status, { error: { code: FAULT_CODES[status] ?? 'INTERNAL', message } });
}
