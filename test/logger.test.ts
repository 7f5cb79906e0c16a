import type { Clock } from '../src/clock';
import { SegueError } from '../src/errors';
import { noLogger, type PinoLoggerOptions, pinoLogger } from '../src/logger';

const clock: Clock = {
  now: () => Date.UTC(2024, 0, 2, 3, 4, 5, 678),
  monotonicMs: () => 0,
  schedule: () => ({ cancel() {} }),
};

function capture(options: PinoLoggerOptions = {}) {
  const lines: string[] = [];
  const output = { write: (line: string) => void lines.push(line) };
  const logger = pinoLogger({ clock, output, readable: false, ...options });
  return { logger, lines, objects: () => lines.map((line) => JSON.parse(line)) };
}

describe('pinoLogger', () => {
  it('writes one JSON object a line', () => {
    const { logger, lines } = capture();
    logger.info('slot taken over', { slot: 3 });
    expect(lines).toEqual([
      '{"level":"info","time":"2024-01-02T03:04:05.678Z","slot":3,"msg":"slot taken over"}\n',
    ]);
  });

  it('writes readable lines for a terminal', () => {
    const { logger, lines } = capture({ readable: true });
    logger.child({ slot: 3 }).warn('restore is slow', { remaining: 12, why: { disk: 'full' } });
    expect(lines).toEqual([
      '03:04:05.678 warn  restore is slow slot=3 remaining=12 why={"disk":"full"}\n',
    ]);
  });

  it('keeps to its level', () => {
    const { logger, objects } = capture({ level: 'warn' });
    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.error('d');
    expect(objects().map(({ msg }) => msg)).toEqual(['c', 'd']);
  });

  it('says nothing at all when silent', () => {
    const { logger, lines } = capture({ level: 'silent' });
    logger.error('d');
    noLogger.child({}).error('e');
    expect(lines).toEqual([]);
  });

  it('writes an error with its code, its stack and its causes', () => {
    const { logger, objects } = capture();
    const cause = new Error('disk is full');
    logger.error('slot stopped', {
      error: new SegueError('STORE_CORRUPT', 'cannot read', { cause }),
    });
    expect(objects()[0].error).toMatchObject({
      name: 'SegueError',
      code: 'STORE_CORRUPT',
      message: 'cannot read',
      stack: expect.stringContaining('logger.test'),
      cause: { message: 'disk is full' },
    });
  });

  it.each([true, false])('never writes a secret, however deep (readable: %s)', (readable) => {
    const { logger, lines } = capture({ readable });
    logger.child({ sasl: { username: 'u', password: 'hunter2' } }).info('connecting', {
      broker: { ssl: { key: 'hunter2' }, options: [{ registryPassword: 'hunter2' }] },
      headers: { Authorization: 'Basic hunter2' },
      registry: 'https://someone:hunter2@registry.test/apis',
      error: Object.assign(new Error('no answer from http://a:hunter2@b'), {
        config: { password: 'hunter2' },
      }),
    });
    expect(lines.join()).toContain('connecting');
    expect(lines.join()).not.toContain('hunter2');
    expect(lines.join()).toContain('https://someone:***@registry.test/apis');
  });

  it('bounds what it writes of deep, long, circular and binary values', () => {
    const { logger, objects } = capture();
    const circular: Record<string, unknown> = {};
    circular['again'] = circular;
    logger.info('odd values', {
      circular,
      long: Array.from({ length: 1000 }, (_, index) => index),
      bytes: Buffer.from('abc'),
      big: 10n,
      map: new Map([['a', 1]]),
      date: new Date(0),
    });
    expect(objects()[0]).toMatchObject({
      bytes: '3 bytes',
      big: '10',
      map: { a: 1 },
      date: '1970-01-01T00:00:00.000Z',
    });
    expect(objects()[0].long).toHaveLength(100);
  });
});
