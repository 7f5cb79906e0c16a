/** Real listens with every tenth record garbage leave the same counts as without it, and all of it is kept. */
import { Administration } from '../../src/app/administration';
import type { StreamProcess } from '../../src/app/stream-process';
import { VirtualSystem } from '../../src/app/virtual-system';
import type { OutputRecord } from '../../src/broker/broker';
import { mulberry32 } from '../../src/random';
import { makePoison, POISON_REASONS, POISONS } from '../../streams/simulator/poison';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';
import type { Statistics } from '../../streams/statistics';
import { thirtyMusicListens } from '../support/acceptance/thirty-music';
import type { RawListen } from '../support/oracle/counts';
import { withSharedData } from '../support/shared-data';

const LISTENS = 20_000;
const BATCH = 2000;
const EVERY = 10;

async function countsOf(listens: readonly RawListen[], withGarbage: boolean): Promise<Statistics> {
  const system = await VirtualSystem.open({ settings: { trainer: 'none' } });
  const process = await system.startProcess();
  const garbage = garbageFor(process, system);
  for (let from = 0; from < listens.length; from += BATCH) {
    const records = listens.slice(from, from + BATCH).map((one) => recordOf(process, one));
    const sent = withGarbage
      ? records.flatMap((record, index) =>
          index % (EVERY - 1) === 0 ? [garbage(), record] : record,
        )
      : records;
    await system.send(sent);
    await system.clock.advance(100);
  }
  await system.settle(process);
  const administration = await system.run(
    Administration.open({ ...system, registry: system.registry }),
  );
  const counts = await system.run(administration.statistics());
  await system.run(process.stop());
  return counts;
}

function recordOf(
  { topics, runner }: StreamProcess,
  { user, track, seconds }: RawListen,
): OutputRecord {
  const value = runner.codecs.of(topics.listens).encode({
    kind: 'LISTEN',
    listened_at: seconds,
    recording_mbid: null,
    recording_msid: null,
    artist_name: 'somebody',
    track_name: track,
    release_name: null,
  });
  return { topic: topics.listens.name, key: Buffer.from(user), value };
}

/** Each kind of garbage in turn. */
function garbageFor({ topics, runner }: StreamProcess, system: VirtualSystem) {
  const listeners = new SimulatedListeners({ seed: 7 });
  const random = mulberry32(7);
  let made = 0;
  return (): OutputRecord => {
    const listen = { ...listeners.next(), listenedAt: Math.floor(system.clock.now() / 1000) };
    const poison = makePoison(POISONS[made++ % POISONS.length]!, listen, random);
    const { userId, content } = poison;
    return {
      topic: topics.listens.name,
      key: userId === null ? null : Buffer.from(userId),
      value:
        'bytes' in content ? content.bytes : runner.codecs.of(topics.listens).encode(content.value),
    };
  };
}

withSharedData('30music-sample10', (folder) => {
  test('every tenth record may be garbage, and the counts are the same', async () => {
    const listens = thirtyMusicListens(folder).slice(0, LISTENS);
    const { deadLetters: none, positions: _, ...clean } = await countsOf(listens, false);
    const { deadLetters, positions: __, ...counts } = await countsOf(listens, true);
    expect(counts).toEqual(clean);
    expect(none).toEqual({});
    const rejected = Object.values(deadLetters).reduce((sum, count) => sum + count, 0);
    expect(rejected).toBe(Math.floor(LISTENS / BATCH) * Math.ceil(BATCH / (EVERY - 1)));
    expect(Object.keys(deadLetters).sort()).toEqual(
      [...new Set(Object.values(POISON_REASONS))].sort(),
    );
  }, 120_000);
});
