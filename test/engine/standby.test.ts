/** Slots followed by a process that would take them over. */
import type { EmbeddedBroker } from '../../src/broker/embedded-broker';
import { Standbys } from '../../src/engine/standbys';
import type { StreamRunner } from '../../src/engine/stream-runner';
import { Turns } from '../../src/engine/turns';
import { SegueError } from '../../src/errors';
import { noFaultPoint } from '../../src/fault-points';
import { noLogger } from '../../src/logger';
import { type Meter, noMeter } from '../../src/telemetry/meter';
import { TOY_SETTINGS, ToyEngine } from '../support/engine/toy-engine';
import { counts, toyTopology, wordOfSlot } from '../support/engine/toy-topology';

const WORDS = ['word-0', 'word-1', 'word-2', 'word-3'];

const withStandby = (more: Partial<typeof TOY_SETTINGS> = {}) =>
  ToyEngine.open({ settings: { slots: 1, standbys: 1, ...more } });

const followed = (runner: StreamRunner, word: string) =>
  runner.standbyState(0)?.store(counts).get(word)?.count;

async function addAll(toy: ToyEngine, runner: StreamRunner): Promise<void> {
  for (const word of WORDS) await toy.send(word, 1);
  await toy.settle(runner);
  // Longer than a standby's fetch waits.
  await toy.clock.advance(1000);
}

/** What lies on a disk now, to be laid there again. */
function copyOf(toy: ToyEngine, name: string, slot: number) {
  const database = toy.database(name, slot);
  const mark = database.mark()!;
  const writes = [...WORDS, 'once'].map((word) => ({
    key: `c${word}`,
    value: database.get(`c${word}`) ?? null,
  }));
  return { lay: () => toy.database(name, slot).apply(writes, mark) };
}

const replayed = (toy: ToyEngine) => toy.infos.filter((line) => line.includes('records replayed'));

describe('a standby', () => {
  it('has what the owner has committed, a moment later', async () => {
    const toy = await withStandby();
    const owner = await toy.start('a');
    const other = await toy.start('b');
    await addAll(toy, owner);
    expect(WORDS.map((word) => followed(other, word))).toEqual([1, 1, 1, 1]);
    await addAll(toy, owner);
    expect(WORDS.map((word) => followed(other, word))).toEqual([2, 2, 2, 2]);
    expect(owner.standbyState(0)).toBeUndefined();
    await toy.stop(other);
    await toy.stop(owner);
  });

  it('takes over without replaying what it has, whatever the owner left behind', async () => {
    const toy = await withStandby();
    const owner = await toy.start('a');
    const other = await toy.start('b');
    await addAll(toy, owner);
    await toy.crash(owner);
    toy.loseDisk('a');
    await toy.clock.advance(60_000);
    await toy.settle(other);
    expect(replayed(toy)).toEqual([]);
    expect(WORDS.map((word) => toy.countOf(other, word))).toEqual([1, 1, 1, 1]);
    expect(other.standbyState(0)).toBeUndefined();
    await toy.stop(other);
  });

  it('is what an owner becomes whose slot another takes, one after the other on one database', async () => {
    const toy = await ToyEngine.open({ settings: { standbys: 1 } });
    const first = await toy.start('a');
    await addAll(toy, first);
    for (let turn = 0; turn < 3; turn++) {
      const second = await toy.start('b');
      await addAll(toy, first);
      await toy.settle(second);
      const states = [0, 1].map((slot) => [first, second].map((one) => !!one.standbyState(slot)));
      // Each slot is followed by one of the two.
      expect(states.map((some) => some.filter(Boolean).length)).toEqual([1, 1]);
      await toy.stop(second);
    }
    await toy.settle(first);
    expect(toy.added(first)).toBe(4 * WORDS.length);
    expect(toy.openedTwice).toBe(false);
    await toy.stop(first);
    expect([...toy.open.values()].every((open) => open === 0)).toBe(true);
  });

  it('goes on by itself when a full disk has room again', async () => {
    const toy = await withStandby();
    const owner = await toy.start('a');
    const other = await toy.start('b');
    await addAll(toy, owner);
    toy.disk.onApply = (path) => {
      if (path.startsWith('b/')) throw new Error('ENOSPC: no space left on device');
    };
    await addAll(toy, owner);
    expect(toy.warnings.join()).toMatch(/standby of slot 0: .*no space left.*; following it anew/);
    toy.disk.onApply = () => undefined;
    await toy.clock.advance(20_000);
    expect(WORDS.map((word) => followed(other, word))).toEqual([2, 2, 2, 2]);
    await toy.stop(other);
    await toy.stop(owner);
  });

  it('leaves a mark that is trusted on another boot', async () => {
    const toy = await withStandby();
    const owner = await toy.start('a');
    const other = await toy.start('b');
    await addAll(toy, owner);
    await toy.stop(other);
    expect(toy.database('b', 0).mark()).toMatchObject({ clean: true });
    const again = await toy.start('b', { bootId: 'another boot' });
    await toy.stop(owner);
    await toy.settle(again);
    expect([...replayed(toy), ...toy.warnings]).toEqual([]);
    await toy.stop(again);
  });
});

describe('a process that joins', () => {
  it('is given the slot for which the state on its disk has least to catch up', async () => {
    const toy = await ToyEngine.open();
    const first = await toy.start('b');
    await addAll(toy, first);
    await toy.stop(first);
    const second = await toy.start('c');
    for (let turn = 0; turn < 5; turn++) {
      await toy.send(wordOfSlot(1), 1);
      await toy.settle(second);
    }
    const again = await toy.start('b');
    expect([second, again].map(({ slots }) => slots.map(({ slot }) => slot))).toEqual([[1], [0]]);
    await toy.stop(again);
    await toy.stop(second);
  });
});

describe('standbys without a process around them', () => {
  /** Followed on a disk of its own, from a broker whose fetches go through `fetch`. */
  async function following(fetch: (broker: EmbeddedBroker) => Partial<EmbeddedBroker>) {
    const toy = await withStandby({ standbys: 0 });
    const owner = await toy.start('a');
    await addAll(toy, owner);
    const turns = new Turns();
    const warnings: string[] = [];
    const lags: number[] = [];
    const set: Meter['set'] = (name, _labels, value) => {
      if (name === 'segue_standby_lag_records') lags.push(value);
    };
    const standbys = new Standbys(
      {
        topology: toyTopology(),
        settings: { ...TOY_SETTINGS, slots: 1, tombstoneRetentionMs: 60_000 },
        broker: Object.assign(Object.create(toy.broker) as EmbeddedBroker, fetch(toy.broker)),
        codecs: owner.codecs,
        clock: toy.clock,
        meter: { ...noMeter, set },
        logger: { ...noLogger, warn: (message: string) => void warnings.push(message) },
        bootId: 'boot',
        openDatabase: (slot) => toy.openDisk(`x/${slot}`),
        faultPoint: noFaultPoint,
      },
      turns,
    );
    standbys.assign([0]);
    await toy.clock.advance(1000);
    const count = () => standbys.all[0]?.state?.store(counts).get('word-0')?.count;
    const end = async () => {
      await toy.run(standbys.stop());
      await toy.run(turns.over());
      await toy.stop(owner);
    };
    return { toy, owner, standbys, warnings, lags, count, end };
  }

  it('say that they are behind by everything before they have read anything', async () => {
    const { lags, end } = await following(() => ({}));
    expect(lags[0]).toBeGreaterThan(WORDS.length);
    expect(lags.at(-1)).toBe(0);
    await end();
  });

  it('are opened anew where their place is out of range', async () => {
    let isOut = false;
    const { toy, owner, warnings, count, end } = await following((broker) => ({
      fetch: async (places, options) => {
        if (isOut) throw new SegueError('BROKER_OFFSET_OUT_OF_RANGE', 'planted');
        return broker.fetch(places, options);
      },
    }));
    expect(count()).toBe(1);
    isOut = true;
    await toy.clock.advance(2000);
    isOut = false;
    await addAll(toy, owner);
    await toy.clock.advance(20_000);
    expect(count()).toBe(2);
    expect(warnings.join()).toMatch(/following failed: planted.*standby of slot 0: planted/);
    await end();
  });

  it('skip nothing when they are opened while a batch is fetched from further on', async () => {
    let gate: Promise<void> | undefined;
    let open = (): void => undefined;
    const { toy, owner, standbys, count, end } = await following((broker) => ({
      fetch: async (places, options) => {
        const batches = await broker.fetch(places, options);
        await gate;
        return batches;
      },
    }));
    // As it lies on the disk of the next one: without what has come since.
    const before = copyOf(toy, 'x', 0);
    await toy.send('once', 1);
    await addAll(toy, owner);
    await toy.clock.advance(1000);
    expect(count()).toBe(2);
    gate = new Promise((resolve) => {
      open = resolve;
    });
    await addAll(toy, owner);
    standbys.assign([]);
    await toy.clock.advance(1000);
    await before.lay();
    standbys.assign([0]);
    await toy.clock.advance(1000);
    expect(count()).toBe(1);
    gate = undefined;
    open();
    await toy.clock.advance(2000);
    expect(count()).toBe(3);
    expect(standbys.all[0]!.state!.store(counts).get('once')?.count).toBe(1);
    await end();
  });

  it('are wiped after a silence longer than tombstones are kept, and only then', async () => {
    for (const seconds of [50, 70]) {
      let silence: Promise<void> | undefined;
      let isOver = (): void => undefined;
      const { toy, count, warnings, end } = await following((broker) => ({
        fetch: async (places, options) => {
          await silence;
          return broker.fetch(places, options);
        },
      }));
      expect(count()).toBe(1);
      silence = new Promise((resolve) => {
        isOver = resolve;
      });
      await toy.clock.advance(seconds * 1000);
      isOver();
      await toy.clock.advance(20_000);
      expect(count()).toBe(1);
      expect(warnings.some((line) => line.includes('is wiped'))).toBe(seconds === 70);
      await end();
    }
  });
});
