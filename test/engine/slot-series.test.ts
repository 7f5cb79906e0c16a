/** What the alert on a stream that stands still is built on. */
import { PrometheusMeter } from '../../src/telemetry/prometheus-meter';
import { ToyEngine } from '../support/engine/toy-engine';
import { addUp, toyTopology, wordOfSlot } from '../support/engine/toy-topology';
import { ObservingMeter } from '../support/observing-meter';

const LAST_FETCH = 'segue_last_fetch_timestamp_seconds';
const FAILED = 'segue_slot_failed';

describe('the series of a slot', () => {
  it('tell that its input is read all the time, also where nothing comes, and end with it', async () => {
    const meter = new PrometheusMeter({ processSeries: false });
    const toy = await ToyEngine.open();
    const runner = await toy.start('a', { meter });
    await toy.clock.advance(60_000);
    for (const partition of ['0', '1']) {
      const ageSeconds = toy.clock.now() / 1000 - meter.read(LAST_FETCH, { partition });
      expect(ageSeconds).toBeLessThan(1);
    }
    await toy.stop(runner);
    expect(await meter.text()).not.toMatch(new RegExp(`^${LAST_FETCH}{`, 'm'));
  });

  it('tell how many records wait, and for how long, until there are none', async () => {
    const meter = new ObservingMeter();
    const toy = await ToyEngine.open({ settings: { stepRecordsMax: 2 } });
    await toy.stop(await toy.start());
    const word = wordOfSlot(0);
    for (let number = 0; number < 6; number++) await toy.send(word, 1);
    await toy.clock.advance(10_000);
    const runner = await toy.start('a', { meter });
    await toy.settle(runner);
    const records = meter.observed('segue_lag_records');
    expect(Math.max(...records)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...records)).toBeLessThanOrEqual(6);
    expect(Math.max(...meter.observed('segue_lag_seconds'))).toBeGreaterThanOrEqual(10);
    expect(meter.value('segue_lag_records', 'words', '0')).toBe(0);
    expect(meter.value('segue_lag_seconds', 'words', '0')).toBe(0);
    await toy.stop(runner);
  });

  it('leave no lag behind when a slot goes, also of topics that it never read a record from', async () => {
    const meter = new PrometheusMeter({ processSeries: false });
    const toy = await ToyEngine.open();
    const runner = await toy.start('a', { meter });
    await toy.send(wordOfSlot(0), 1);
    await toy.settle(runner);
    expect(await meter.text()).toMatch(/^segue_lag_records\{.*partition="1"/m);
    await toy.stop(runner);
    expect(await meter.text()).not.toMatch(/^segue_lag_(records|seconds)\{/m);
  });

  it('tell of one that has failed for good, which reads no more', async () => {
    const bad = wordOfSlot(0);
    const onWord = (word: string) => {
      if (word === bad) throw new TypeError('a mistake in the program');
    };
    const meter = new PrometheusMeter({ processSeries: false });
    const toy = await ToyEngine.open({ topology: toyTopology(addUp({ onWord })) });
    const runner = await toy.start('a', { meter });
    expect(meter.read(FAILED)).toBe(0);
    await toy.send(bad, 1);
    await toy.clock.advance(5000);
    expect(meter.read(FAILED, { partition: '0' })).toBe(1);
    expect(meter.read(FAILED, { partition: '1' })).toBe(0);
    expect(meter.read(LAST_FETCH, { partition: '0' })).toBe(0);
    await toy.stop(runner);
  });
});
