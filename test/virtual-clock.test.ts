import { sleep } from '../src/clock';
import { VirtualClock } from '../src/virtual-clock';

describe('a virtual clock', () => {
  it('fires timers in order of their time, ties in the order they were made', async () => {
    const clock = new VirtualClock(1000);
    const fired: string[] = [];
    const at = (delayMs: number, name: string) =>
      clock.schedule(delayMs, () => fired.push(`${name} at ${clock.now()}`));
    at(30, 'c');
    at(10, 'a');
    at(30, 'd');
    at(20, 'b');
    await clock.advance(30);
    expect(fired).toEqual(['a at 1010', 'b at 1020', 'c at 1030', 'd at 1030']);
    expect(clock.now()).toBe(1030);
  });

  it('does not fire what was cancelled, nor what is not due', async () => {
    const clock = new VirtualClock(0);
    const fired: number[] = [];
    clock.schedule(5, () => fired.push(5)).cancel();
    clock.schedule(11, () => fired.push(11));
    await clock.advance(10);
    expect(fired).toEqual([]);
    await clock.advance(1);
    expect(fired).toEqual([11]);
  });

  it('fires timers that timers set, within the same stretch of time', async () => {
    const clock = new VirtualClock(0);
    const seen: number[] = [];
    const again = (): void => {
      seen.push(clock.now());
      if (seen.length < 4) clock.schedule(10, again);
    };
    clock.schedule(10, again);
    await clock.advance(100);
    expect(seen).toEqual([10, 20, 30, 40]);
  });

  it('takes a time in the past for now', async () => {
    const clock = new VirtualClock(0);
    let firedAt: number | undefined;
    clock.schedule(-5, () => {
      firedAt = clock.now();
    });
    await clock.advance(0);
    expect(firedAt).toBe(0);
  });

  it('lets chains of promises go on between two timers', async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    void (async () => {
      for (const name of ['a', 'b']) {
        await sleep(clock, 10);
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(`${name} ${clock.now()}`);
      }
    })();
    await clock.advance(50);
    expect(seen).toEqual(['a 10', 'b 20']);
  });

  it('advances until something holds, and says so when it never does', async () => {
    const clock = new VirtualClock(0);
    let isDone = false;
    clock.schedule(120, () => {
      isDone = true;
    });
    await clock.advanceUntil(() => isDone, 1000);
    expect(clock.now()).toBe(150);
    await expect(clock.advanceUntil(() => false, 1000)).rejects.toThrow('within 1000 ms');
  });
});
