/** A slot's life when things go wrong: commits that fail, owners that change, disks that are full. */
import type { OutputRecord } from '../../src/broker/broker';
import { SegueError } from '../../src/errors';
import { statuses, ToyEngine } from '../support/engine/toy-engine';
import { addUp, toyTopology, wordOfSlot } from '../support/engine/toy-topology';

function inDoubt(why: string): SegueError {
  return new SegueError('BROKER_COMMIT_IN_DOUBT', why, { retriable: true });
}

describe('a slot whose step fails', () => {
  it.each(['before', 'after'] as const)(
    'counts each word once when a commit fails %s it is done while the next step fills',
    async (when) => {
      let failures = 3;
      const fail = async () => {
        if (failures-- > 0) throw inDoubt('planted');
      };
      const toy = await ToyEngine.open({
        faults: when === 'before' ? { beforeCommit: fail } : { afterCommit: fail },
      });
      const runner = await toy.start();
      for (let number = 1; number <= 40; number++) {
        await toy.send(`word-${number % 7}`, number);
        await toy.clock.advance(number % 30);
      }
      await toy.settle(runner);
      expect(failures).toBeLessThan(0);
      expect(toy.added(runner)).toBe((40 * 41) / 2);
      await toy.stop(runner);
    },
  );

  it('waits longer from time to time while commits go on failing', async () => {
    let attempts = 0;
    const beforeCommit = async () => {
      attempts += 1;
      throw inDoubt('planted');
    };
    const toy = await ToyEngine.open({ faults: { beforeCommit } });
    const runner = await toy.start();
    await toy.send(wordOfSlot(1), 1);
    await toy.clock.advance(60_000);
    // 50 ms, 100 ms … 5 s and then every 5 s: about 18 in a minute; 50 ms each time would be hundreds.
    expect(attempts).toBeGreaterThan(5);
    expect(attempts).toBeLessThan(30);
    await toy.stop(runner);
  });

  it('stays failed, with its reason, when a processor throws, and the other slot goes on', async () => {
    const bad = wordOfSlot(0);
    const toy = await ToyEngine.open({
      topology: toyTopology(
        addUp({
          onWord: (word) => {
            if (word === bad) throw new TypeError('a mistake in the program');
          },
        }),
      ),
    });
    const runner = await toy.start();
    await toy.send(bad, 1);
    await toy.send(wordOfSlot(1), 5);
    await toy.clock.advance(5000);
    expect(statuses(runner)).toEqual(['0 failed', '1 running']);
    const failed = runner.slots.find(({ slot }) => slot === 0)!;
    expect((failed.failure as Error).message).toBe('a mistake in the program');
    expect(failed.isIdle()).toBe(true);
    expect(toy.countOf(runner, wordOfSlot(1))).toBe(5);
    await toy.stop(runner);
    expect([...toy.open.values()]).toEqual([0, 0]);
  });

  it('fails for good where a record is too large for its topic, since trying again would end the same way', async () => {
    const beforeCommit = (_id: string, { records }: { records: readonly OutputRecord[] }) => {
      if (records.some(({ topic }) => topic === 'counts'))
        throw new SegueError('BROKER_RECORD_TOO_LARGE', 'planted');
    };
    const toy = await ToyEngine.open({ faults: { beforeCommit } });
    const runner = await toy.start();
    await toy.send(wordOfSlot(1), 1);
    await toy.clock.advance(5000);
    expect(statuses(runner)).toEqual(['0 running', '1 failed']);
    await toy.stop(runner);
  });

  it('goes on by itself when a full disk has room again, and no word is lost', async () => {
    const toy = await ToyEngine.open();
    const runner = await toy.start();
    const word = wordOfSlot(1);
    await toy.send(word, 1);
    await toy.settle(runner);
    toy.disk.onApply = () => {
      throw new Error('ENOSPC: no space left on device');
    };
    await toy.send(word, 10);
    await toy.clock.advance(3000);
    expect(statuses(runner)).not.toContain('1 failed');
    expect(toy.warnings.join('\n')).toContain('no space left');
    toy.disk.onApply = () => undefined;
    await toy.send(word, 100);
    await toy.clock.advance(10_000);
    await toy.settle(runner);
    expect(toy.countOf(runner, word)).toBe(111);
    await toy.stop(runner);
    expect(toy.openedTwice).toBe(false);
  });

  it('makes a damaged database anew from its topics, and no word is lost', async () => {
    const toy = await ToyEngine.open();
    const runner = await toy.start();
    const word = wordOfSlot(1);
    await toy.send(word, 1);
    await toy.settle(runner);
    let damages = 1;
    toy.disk.onApply = () => {
      if (damages-- > 0) throw Object.assign(new Error('bad block'), { code: 'LEVEL_CORRUPTION' });
    };
    await toy.send(word, 10);
    await toy.clock.advance(3000);
    await toy.settle(runner);
    expect(toy.countOf(runner, word)).toBe(11);
    expect(toy.warnings.join('\n')).toContain('a part of it is damaged: bad block');
    expect(toy.infos.join('\n')).toMatch(/slot 1: \d+ records replayed/);
    await toy.stop(runner);
    expect(toy.openedTwice).toBe(false);
  });

  it('stops without complaint when the last mark cannot be written', async () => {
    const toy = await ToyEngine.open();
    const runner = await toy.start();
    await toy.send('word', 3);
    await toy.settle(runner);
    toy.disk.onApply = () => {
      throw new Error('ENOSPC: no space left on device');
    };
    await toy.stop(runner);
    toy.disk.onApply = () => undefined;
    const again = await toy.start();
    await toy.settle(again);
    expect(toy.countOf(again, 'word')).toBe(3);
    await toy.stop(again);
  });
});
