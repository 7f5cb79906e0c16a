import { Signal } from '../../src/engine/signal';
import { VirtualClock } from '../../src/virtual-clock';

async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  return done;
}

describe('a signal', () => {
  it('wakes who waits', async () => {
    const signal = new Signal(new VirtualClock(0));
    const wait = signal.wait(Number.POSITIVE_INFINITY);
    expect(await isDone(wait)).toBe(false);
    signal.notify();
    expect(await isDone(wait)).toBe(true);
  });

  it('keeps a notice that came while nobody waited, once', async () => {
    const signal = new Signal(new VirtualClock(0));
    signal.notify();
    signal.notify();
    expect(await isDone(signal.wait(1000))).toBe(true);
    expect(await isDone(signal.wait(1000))).toBe(false);
  });

  it('ends by itself after the given time', async () => {
    const clock = new VirtualClock(0);
    const wait = new Signal(clock).wait(100);
    await clock.advance(99);
    expect(await isDone(wait)).toBe(false);
    await clock.advance(1);
    expect(await isDone(wait)).toBe(true);
  });

  it('does not wait for nothing', async () => {
    expect(await isDone(new Signal(new VirtualClock(0)).wait(0))).toBe(true);
  });

  it('pauses for the whole time whatever notices come, until it is told that it is over', async () => {
    const clock = new VirtualClock(0);
    const signal = new Signal(clock);
    let isOver = false;
    signal.notify();
    const first = signal.pause(100, () => isOver);
    await clock.advance(50);
    signal.notify();
    expect(await isDone(first)).toBe(false);
    await clock.advance(50);
    expect(await isDone(first)).toBe(true);
    const second = signal.pause(100, () => isOver);
    isOver = true;
    signal.notify();
    expect(await isDone(second)).toBe(true);
  });
});
