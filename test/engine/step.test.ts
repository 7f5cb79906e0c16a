import { Backoff } from '../../src/engine/backoff';
import { Pace } from '../../src/engine/pace';
import { Step } from '../../src/engine/step';
import { VirtualClock } from '../../src/virtual-clock';

const record = (bytes: number) => ({ topic: 't', key: null, value: Buffer.alloc(bytes) });
const LIMITS = { stepRecordsMax: 10, stepBytesMax: 1000 };

describe('a step', () => {
  it.each([
    ['records', (step: Step) => (step.inputRecords = 10)],
    ['bytes of inputs', (step: Step) => (step.inputBytes = 1000)],
    ['bytes of outputs', (step: Step) => step.send(record(1000))],
  ])('is full with enough %s', (_what, fill) => {
    const step = new Step(0);
    expect(step.isFull(LIMITS)).toBe(false);
    fill(step);
    expect(step.isFull(LIMITS)).toBe(true);
  });

  it('begins with its first record, and with that one only', () => {
    const step = new Step(100);
    step.begin(500);
    step.begin(900);
    expect(step.startedAtMs).toBe(500);
  });

  it('has begun already where something was sent before the first record', () => {
    const step = new Step(100);
    step.send(record(1));
    step.begin(500);
    expect(step.startedAtMs).toBe(100);
  });
});

describe('the pace of steps', () => {
  it('lets the first record wait a moment, and the next step for the rest of its interval', async () => {
    const clock = new VirtualClock(1000);
    const pace = new Pace({ stepIntervalMs: 100, stepLingerMs: 10 }, clock);
    expect(pace.dueInMs(clock.monotonicMs())).toBe(10);
    pace.stepEnds();
    await clock.advance(30);
    expect(pace.dueInMs(clock.monotonicMs())).toBe(70);
    await clock.advance(500);
    expect(pace.dueInMs(clock.monotonicMs() - 50)).toBe(-40);
  });

  it('does not care for a clock that is set back', () => {
    const clock = { now: () => -1e9, monotonicMs: () => 5000, schedule: () => ({ cancel() {} }) };
    const pace = new Pace({ stepIntervalMs: 100, stepLingerMs: 10 }, clock);
    pace.stepEnds();
    expect(pace.dueInMs(5000)).toBe(100);
  });
});

describe('a backoff', () => {
  it('grows to its limit and begins anew after a success', () => {
    const backoff = new Backoff({ firstMs: 50, factor: 2, maxMs: 150 });
    expect([backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual([
      50, 100, 150, 150,
    ]);
    backoff.reset();
    expect(backoff.next()).toBe(50);
  });
});
