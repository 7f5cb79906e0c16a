import { dirname } from 'node:path';
import { hasCode } from '../../src/errors';
import type { EvaluationSet } from '../../src/evaluation/evaluation-set';
import { type ListQuality, qualityOf } from '../../src/evaluation/list-quality';
import { popularityScores, rankByScore } from '../../src/evaluation/popularity';
import { PROTOCOLS, type ProtocolName } from '../../src/evaluation/protocols';
import { listsOfRanking } from '../../src/evaluation/ranked-lists';
import { withSharedData } from '../support/shared-data';

function popularityQuality(
  name: ProtocolName,
  set: EvaluationSet,
  rule: string,
  masked = true,
): ListQuality {
  const scores = popularityScores(set, PROTOCOLS[name].popularity[rule]!);
  return qualityOf(set, listsOfRanking(set, rankByScore(scores), { n: 100, masked }));
}

function countTargets(set: EvaluationSet): number {
  return set.targets.reduce((sum, targets) => sum + targets.size, 0);
}

withSharedData('30music-sample10', (folder) => {
  const data = dirname(folder);

  describe('the global time split', () => {
    const set = PROTOCOLS['30music-time'].load(data);

    test('has the published counts', () => {
      expect([set.plays.rows, set.plays.columns, set.plays.indices.length]).toEqual([
        6895, 8573, 187617,
      ]);
      expect(set.plays.values.reduce((sum, plays) => sum + plays, 0)).toBe(230167);
      expect([set.users.length, countTargets(set)]).toEqual([1453, 17982]);
      const validation = PROTOCOLS['30music-time'].loadValidation(data);
      expect([validation.plays.rows, validation.plays.columns]).toEqual([5352, 7286]);
      expect(validation.plays.indices.length).toBe(140121);
      expect([validation.users.length, countTargets(validation)]).toEqual([858, 10185]);
    });

    test.each([
      ['plays', '0.021034', '0.018782', '0.007566', '0.066960'],
      ['users', '0.020936', '0.018409', '0.007001', '0.063982'],
      ['damped β = 0', '0.001247', '0.001046', '0.000752', '0.011133'],
      ['damped β = 1', '0.001319', '0.001083', '0.000799', '0.013775'],
      ['damped β = 100', '0.020665', '0.018859', '0.007866', '0.066186'],
      ['damped β = 1000', '0.021010', '0.018728', '0.007553', '0.066650'],
      ['damped β = 5000', '0.021010', '0.018770', '0.007566', '0.066639'],
      ['damped β = 1000000', '0.020913', '0.018720', '0.007570', '0.066639'],
      ['users of the last 30 days', '0.026692', '0.023702', '0.009701', '0.069864'],
    ])('repeats popularity by %s to the last digit', (rule, ...expected) => {
      const { means } = popularityQuality('30music-time', set, rule);
      const found = PROTOCOLS['30music-time'].headline.map((name) => means[name].toFixed(6));
      expect(found).toEqual(expected);
    });
  });

  describe('the split of pairs', () => {
    const set = PROTOCOLS['30music-pairs'].load(data);

    test('has the published counts', () => {
      expect([set.plays.rows, set.plays.columns, set.plays.indices.length]).toEqual([
        8653, 9489, 196933,
      ]);
      expect([set.users.length, countTargets(set)]).toEqual([8464, 49417]);
      const validation = PROTOCOLS['30music-pairs'].loadValidation(data);
      expect([validation.plays.indices.length, countTargets(validation)]).toEqual([157743, 39190]);
      expect(validation.users.length).toBe(8249);
    });

    test.each([
      ['plays', '0.005376', '0.004929'],
      ['users', '0.005338', '0.004907'],
      ['damped β = 0', '0.000295', '0.000275'],
      ['damped β = 1', '0.000310', '0.000286'],
      ['damped β = 100', '0.005300', '0.004867'],
      ['damped β = 1000', '0.005375', '0.004922'],
      ['damped β = 5000', '0.005378', '0.004927'],
      ['damped β = 1000000', '0.005378', '0.004927'],
    ])('repeats popularity by %s to the last digit', (rule, ...expected) => {
      const found = [true, false].map((masked) =>
        popularityQuality('30music-pairs', set, rule, masked).means['MAP@100'].toFixed(6),
      );
      expect(found).toEqual(expected);
    });
  });
});

withSharedData('gowalla-lightgcn', (folder) => {
  test('the given split repeats popularity to the last digit', () => {
    const set = PROTOCOLS.gowalla.load(dirname(folder));
    expect([set.plays.rows, set.plays.columns, set.plays.indices.length]).toEqual([
      29858, 40981, 810128,
    ]);
    expect([set.users.length, countTargets(set)]).toEqual([29858, 217242]);
    const { means } = popularityQuality('gowalla', set, 'plays');
    expect(means['Recall@20 (n)'].toFixed(6)).toBe('0.041631');
    expect(means['NDCG@20'].toFixed(6)).toBe('0.031690');
  });
});

test('a missing file of a data set is named', () => {
  let caught: unknown;
  try {
    PROTOCOLS.gowalla.load('/nowhere');
  } catch (error) {
    caught = error;
  }
  expect(hasCode(caught, 'INPUT_UNREADABLE')).toBe(true);
  expect((caught as Error).message).toContain('train.txt.gz');
});
