/** A new version of the program on the state of the old one, whose values were written under an earlier schema. */
import { ToyEngine } from '../support/engine/toy-engine';
import { addUp, counts, toyTopology, WORD_SCHEMA, type Word } from '../support/engine/toy-topology';

const newer = {
  ...counts,
  topic: {
    ...counts.topic,
    schema: {
      ...WORD_SCHEMA,
      fields: [
        { name: 'count', type: 'long' },
        { name: 'note', type: 'string', default: 'none' },
      ],
    },
  },
  onRestore: (_key: string, before: () => Word | undefined, after: Word | undefined) => {
    if (before() !== undefined && after === undefined) throw new Error('nothing was deleted');
  },
};

/** Encodes what the newer schema asks for. */
const upgraded = toyTopology({
  ...addUp({ table: newer }),
  build: (context) => {
    const store = context.store(newer);
    return {
      process({ key, value }) {
        const word = key!.toString('utf8');
        const before = store.get(word)?.count ?? 0;
        store.put(word, { count: before + value.count, note: 'new' } as Word);
        context.sums.add('added', value.count);
      },
    };
  },
});

describe('an upgraded program', () => {
  it.each([
    ['on its own disk', false],
    ['on an empty disk', true],
  ])(
    'reads what the earlier version wrote, %s, again after another restart',
    async (_where, isLost) => {
      const toy = await ToyEngine.open();
      const old = await toy.start('a');
      for (let number = 0; number < 10; number++) await toy.send(`word-${number % 5}`, 1);
      await toy.settle(old);
      await toy.stop(old);
      if (isLost) toy.loseDisk('a');
      for (let life = 1; life <= 3; life++) {
        const next = await toy.start('a', { topology: upgraded });
        expect(next.slots.map(({ status }) => status)).toEqual(['running', 'running']);
        // One key is written anew in each life, the others stay as the old version left them.
        await toy.send('word-0', 1);
        await toy.settle(next);
        expect(toy.countOf(next, 'word-0')).toBe(2 + life);
        expect(toy.countOf(next, 'word-1')).toBe(2);
        expect(toy.added(next)).toBe(10 + life);
        await toy.stop(next);
      }
    },
  );
});
