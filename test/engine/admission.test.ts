/** What the engine refuses before a processor is asked, seen from outside. */
import { partitionOf } from '../../src/broker/partitioner';
import type { InputRecord } from '../../src/engine/processor';
import { Chain, type DeadLetterValue, type Topic, type Topology } from '../../src/engine/topology';
import { ToyEngine } from '../support/engine/toy-engine';
import {
  addUp,
  deadLetters,
  progress,
  toyBuilder,
  WORDS_PART,
  type Word,
} from '../support/engine/toy-topology';

async function lettersOf(toy: ToyEngine): Promise<DeadLetterValue[]> {
  const codec = await toy.registry.codec<DeadLetterValue>(
    'dead-letters-value',
    deadLetters.schema,
    'BACKWARD',
  );
  return (await toy.records('dead-letters')).map(({ value }) => codec.decode(value!));
}

describe('a record that cannot be given to a processor', () => {
  it.each([
    ['UNREADABLE_BYTES', null],
    ['UNREADABLE_BYTES', Buffer.from([0, 1])],
    ['UNREADABLE_BYTES', Buffer.from('no Avro at all')],
    ['UNKNOWN_SCHEMA', Buffer.from([0, 0x7f, 0xff, 0xff, 0xf0, 2])],
    ['RECORD_TOO_LARGE', Buffer.alloc(1001)],
  ])('is kept as it came, with reason %s', async (reason, value) => {
    const toy = await ToyEngine.open();
    const runner = await toy.start();
    const headers = { from: Buffer.from('test') };
    await toy.sendRaw({ topic: 'words', key: Buffer.from('word'), value, headers });
    await toy.send('word', 4);
    await toy.settle(runner);
    expect(await lettersOf(toy)).toEqual([
      expect.objectContaining({
        reason,
        topic: 'words',
        offset: 0,
        key: Buffer.from('word'),
        value,
        headers,
      }),
    ]);
    expect(toy.countOf(runner, 'word')).toBe(4);
    const sums = runner.slots.map(({ work }) => work!.sums.get(`deadLetters.${reason}`));
    expect(sums.reduce((sum, one) => sum + one, 0)).toBe(1);
    await toy.stop(runner);
  });

  it('is one whose key belongs to another partition', async () => {
    const toy = await ToyEngine.open();
    const runner = await toy.start();
    const wrong = 1 - partitionOf(Buffer.from('word'), 2);
    await toy.send('word', 4, wrong);
    await toy.settle(runner);
    expect((await lettersOf(toy)).map(({ reason, partition }) => [reason, partition])).toEqual([
      ['WRONG_PARTITION', wrong],
    ]);
    expect(toy.countOf(runner, 'word')).toBeUndefined();
    await toy.stop(runner);
  });

  it('is passed over in a replayed source, in each life anew without a dead letter', async () => {
    const seen: number[] = [];
    const topology: Topology = toyBuilder()
      .part(WORDS_PART, Chain.from<InputRecord<Word>>().processor(addUp()) as never)
      .part(
        {
          name: 'control',
          key: 'slot',
          runsOn: 'slot 0',
          sources: [{ topic: progress as Topic<unknown>, replayed: true }],
        },
        Chain.from<InputRecord<unknown>>().processor({
          name: 'watch',
          build: () => ({ process: ({ offset }) => seen.push(offset) }),
        }) as never,
      )
      .build();
    const toy = await ToyEngine.open({ topology });
    for (let life = 0; life < 3; life++) {
      const runner = await toy.start();
      if (life === 0)
        await toy.sendRaw({ topic: 'progress', key: Buffer.from('x'), value: Buffer.from('bad') });
      await toy.send('word', 1);
      await toy.settle(runner);
      expect(toy.countOf(runner, 'word')).toBe(life + 1);
      await toy.stop(runner);
    }
    expect(seen.length).toBeGreaterThan(0);
    expect(await lettersOf(toy)).toEqual([]);
    expect(toy.warnings.filter((line) => line.includes('is passed over'))).toHaveLength(3);
  });
});
