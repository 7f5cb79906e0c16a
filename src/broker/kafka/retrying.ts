/**
 * Bounded retries. A busy coordinator (CONCURRENT_TRANSACTIONS, the rule right after a commit) answers within
 * milliseconds, so waits begin at 3 ms and grow slowly; the stock client begins at 300 ms, whatever is set.
 */
import { type Clock, sleep } from '../../clock';
import { isTransient, TransportFailure } from './kafka-failures';

const FIRST_DELAY_MS = 3;
const DELAY_GROWTH = 1.4;
const DELAY_MS_MAX = 250;

export interface RetryOptions {
  readonly clock: Clock;
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  /** Runs before each further attempt: drop what may be stale. May throw to give up. */
  readonly beforeRetry: (error: unknown) => void | Promise<void>;
}

/** Repeats `attempt` while it fails in a way that can pass; the last failure is thrown. */
export async function retrying<T>(options: RetryOptions, attempt: () => Promise<T>): Promise<T> {
  const { clock, deadlineMs } = options;
  let delayMs = FIRST_DELAY_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isTransient(error) || clock.monotonicMs() + delayMs > deadlineMs) throw error;
      await options.beforeRetry(error);
      await sleep(clock, delayMs);
      delayMs = Math.min(delayMs * DELAY_GROWTH, DELAY_MS_MAX);
    }
  }
}

/** Fails with a `TransportFailure` when `promise` has not settled by the deadline; it then goes on unheard. */
export function before<T>(
  clock: Clock,
  deadlineMs: number,
  what: string,
  promise: Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.schedule(Math.max(deadlineMs - clock.monotonicMs(), 0), () =>
      reject(new TransportFailure(`${what} got no answer in time`)),
    );
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}
