import type { InputRecord } from '../../src/engine/processor';
import {
  Chain,
  type PartDefinition,
  type Topic,
  type TopologyBuilder,
  topicsOf,
} from '../../src/engine/topology';
import { toMermaid, toText } from '../../src/engine/topology-printer';
import {
  addUp,
  counts,
  progress,
  toyBuilder,
  toyTopic,
  WORDS_PART,
  type Word,
  words,
} from '../support/engine/toy-topology';

const local = {
  name: 'marks',
  prefix: 'm',
  codec: { encode: (text: string) => Buffer.from(text), decode: String },
};

function part(
  builder: TopologyBuilder,
  name: string,
  topic: Topic<unknown>,
  more: Partial<PartDefinition> = {},
): TopologyBuilder {
  const chain = Chain.from<InputRecord<Word>>().processor({
    name: `take-${name}`,
    build: () => ({ process: () => undefined }),
  });
  return builder.part(
    { name, key: 'word', runsOn: 'every slot', sources: [{ topic, replayed: false }], ...more },
    chain,
  );
}

function wholeTopology() {
  const chain = Chain.from<InputRecord<Word>>()
    .processor({ name: 'split', build: () => ({ process: () => undefined }) })
    .processor({ ...addUp(), name: 'count', stores: [counts, local] });
  return part(
    toyBuilder().part(WORDS_PART, chain as never),
    'control',
    progress as Topic<unknown>,
    { runsOn: 'slot 0', sources: [{ topic: progress as Topic<unknown>, replayed: true }] },
  )
    .everywhere({
      name: 'settings',
      sources: [toyTopic('settings') as Topic<unknown>],
      processor: { name: 'load-settings', process: () => undefined },
    })
    .build();
}

describe('a topology', () => {
  it('prints itself as text', () => {
    expect(toText(wholeTopology())).toMatchInlineSnapshot(`
"topology toy

part words (key: word, runs on every slot)
  source words
  → split
  → count
      store counts (topic counts)
      store marks (local)
      sink ticks

part control (key: word, runs on slot 0)
  source progress (from its beginning)
  → take-control

in every process: settings
  source settings
  → load-settings

each step ends with a record on progress; bad records go to dead-letters"
`);
  });

  it('prints itself as a Mermaid flow chart', () => {
    expect(toMermaid(wholeTopology())).toMatchInlineSnapshot(`
"flowchart TD
  subgraph words
    split[split]
    count[count]
    split --> count
  end
  topic-words([words]) --> split
  count --> topic-ticks([ticks])
  count --> topic-counts([counts])
  subgraph control
    take-control[take-control]
  end
  topic-progress([progress]) --> take-control
  load-settings[load-settings]
  topic-settings([settings]) --> load-settings"
`);
  });

  it('knows each of its topics once', () => {
    expect(topicsOf(wholeTopology()).map(({ name }) => name)).toEqual([
      'words',
      'ticks',
      'progress',
      'counts',
      'settings',
      'dead-letters',
    ]);
  });

  it.each<[string, () => TopologyBuilder]>([
    [
      'store prefixes are unique',
      () =>
        toyBuilder().part(
          WORDS_PART,
          Chain.from<InputRecord<Word>>().processor({
            ...addUp(),
            stores: [counts, { ...local, prefix: 'c' }],
          }) as never,
        ),
    ],
    [
      'store prefixes are one character',
      () =>
        toyBuilder().part(
          WORDS_PART,
          Chain.from<InputRecord<Word>>().processor({
            ...addUp(),
            stores: [{ ...local, prefix: 'long' }],
          }) as never,
        ),
    ],
    [
      'processor names are unique',
      () =>
        toyBuilder()
          .part(WORDS_PART, Chain.from<InputRecord<Word>>().processor(addUp()) as never)
          .part(
            {
              ...WORDS_PART,
              sources: [{ topic: toyTopic('b') as Topic<unknown>, replayed: false }],
            },
            Chain.from<InputRecord<Word>>().processor({ ...addUp(), stores: [] }) as never,
          ),
    ],
    [
      'a topic is the source of one part',
      () => part(part(toyBuilder(), 'one', words as never), 'two', words as never),
    ],
    ['has a single partition', () => part(toyBuilder(), 'one', progress as never)],
    [
      'each part has a processor',
      () => toyBuilder().part(WORDS_PART, Chain.from<never>() as never),
    ],
  ])('is refused unless %s', (message, build) => {
    expect(() => build().build()).toThrow(message);
  });
});
