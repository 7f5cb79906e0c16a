import {
  ProtocolFailure,
  TransportFailure,
  toSegueError,
} from '../../../src/broker/kafka/kafka-failures';
import { before, retrying } from '../../../src/broker/kafka/retrying';
import type { Clock } from '../../../src/clock';

/** Runs what is scheduled at once, and keeps the delays. */
function hastyClock(): { readonly clock: Clock; readonly delays: number[] } {
  const delays: number[] = [];
  let nowMs = 0;
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    schedule(delayMs, action) {
      delays.push(delayMs);
      let isCancelled = false;
      setImmediate(() => {
        if (isCancelled) return;
        nowMs += delayMs;
        action();
      });
      return {
        cancel: () => {
          isCancelled = true;
        },
      };
    },
  };
  return { clock, delays };
}

const CONCURRENT_TRANSACTIONS = 51;
const busy = () => new ProtocolFailure(CONCURRENT_TRANSACTIONS, 'a step');

test('asks a busy coordinator again within milliseconds, and ever more slowly up to a bound', async () => {
  const { clock, delays } = hastyClock();
  let left = 25;
  const attempt = async () => {
    if (left-- > 0) throw busy();
    return 'done';
  };
  await expect(retrying({ clock, deadlineMs: 1e6, beforeRetry: () => {} }, attempt)).resolves.toBe(
    'done',
  );
  expect(delays[0]).toBeLessThanOrEqual(10);
  expect([...delays].sort((a, b) => a - b)).toEqual(delays);
  expect(Math.max(...delays)).toBe(250);
  // The stock client has waited 300 ms before its first retry, and gives up at the sixth.
  expect(delays.slice(0, 10).reduce((sum, delay) => sum + delay)).toBeLessThan(300);
});

test('gives up at the deadline with the last failure', async () => {
  const { clock, delays } = hastyClock();
  const failure = busy();
  await expect(
    retrying({ clock, deadlineMs: 1000, beforeRetry: () => {} }, () => Promise.reject(failure)),
  ).rejects.toBe(failure);
  expect(delays.reduce((sum, delay) => sum + delay)).toBeLessThanOrEqual(1000);
  expect(delays.length).toBeGreaterThan(5);
});

test('does not repeat what no repetition can help', async () => {
  const { clock, delays } = hastyClock();
  for (const failure of [new ProtocolFailure(47, 'fenced'), new TypeError('a fault of ours')])
    await expect(
      retrying({ clock, deadlineMs: 1000, beforeRetry: () => {} }, () => Promise.reject(failure)),
    ).rejects.toBe(failure);
  expect(delays).toEqual([]);
});

test('ends when what runs between attempts says so', async () => {
  const { clock } = hastyClock();
  const closed = new Error('closed');
  const beforeRetry = () => {
    throw closed;
  };
  await expect(
    retrying({ clock, deadlineMs: 1000, beforeRetry }, () => Promise.reject(busy())),
  ).rejects.toBe(closed);
});

test('calls an answer lost that has not come by its deadline', async () => {
  const { clock } = hastyClock();
  await expect(before(clock, 50, 'EndTxn', new Promise(() => {}))).rejects.toThrow(
    new TransportFailure('EndTxn got no answer in time'),
  );
  await expect(before(clock, 1e9, 'EndTxn', Promise.resolve('here'))).resolves.toBe('here');
});

test('waits for brokers that are fenced or not registered yet, and says in the end that it was refused', async () => {
  const INVALID_REPLICATION_FACTOR = 38;
  const { clock, delays } = hastyClock();
  const options = { clock, deadlineMs: 1000, beforeRetry: () => {} };
  const tooFew = new ProtocolFailure(INVALID_REPLICATION_FACTOR, 'Creating topic t');
  let left = 5;
  const attempt = async () => {
    if (left-- > 0) throw tooFew;
    return 'made';
  };
  await expect(retrying(options, attempt)).resolves.toBe('made');
  expect(delays).toHaveLength(5);
  await expect(retrying(options, () => Promise.reject(tooFew))).rejects.toBe(tooFew);
  expect(toSegueError(tooFew, 'Making topics')).toMatchObject({ code: 'BROKER_REFUSED' });
});
