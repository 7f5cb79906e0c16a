/**
 * A protocol from its files to its figures: popularity, the item-to-item yardsticks, and ALS for each
 * factor count over several seeds. Rows come as soon as they are known.
 */
import type { Clock } from '../clock';
import { listsOfFactors, trainOn } from './als-lists';
import type { EvaluationSet } from './evaluation-set';
import { type ListQuality, METRIC_NAMES, type MetricName, qualityOf } from './list-quality';
import { comparePaired, mean, type PairedComparison, standardErrorOf } from './paired-comparison';
import { popularityScores, rankByScore } from './popularity';
import { PROTOCOLS, type Protocol, type ProtocolName } from './protocols';
import { listsOfRanking, listsOfScores, type RankedLists } from './ranked-lists';
import { trainEase } from './recommenders/ease';
import { trainItemKnn } from './recommenders/item-knn';
import type { ItemRecommender } from './recommenders/item-recommender';
import { trainRp3Beta } from './recommenders/rp3beta';
import { alsSettings, FACTOR_COUNTS, YARDSTICKS } from './tuned-settings';

export interface EvaluationOptions {
  readonly protocol: ProtocolName;
  /** Folder that holds the data sets' folders. */
  readonly data: string;
  /** Factor counts of ALS; the protocol's usual ones unless given. */
  readonly factors?: readonly number[] | undefined;
  /** ALS runs with seeds 1 … seeds. */
  readonly seeds: number;
  readonly threads: number;
  /** Whether EASE, item neighbours and RP3β run as well. */
  readonly yardsticks: boolean;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

export interface ResultRow {
  readonly protocol: ProtocolName;
  readonly model: string;
  /** Whether known items were taken out of the lists. */
  readonly masked: boolean;
  readonly seeds: number;
  /** Mean over users, then over seeds. */
  readonly means: Readonly<Record<MetricName, number>>;
  /** Standard error over users of the protocol's first metric, mean over seeds of each user's values. */
  readonly standardError: number;
  /** Standard deviation over seeds of the protocol's first metric; 0 with one seed. */
  readonly seedDeviation: number;
  readonly coverage: number;
  readonly novelty: number;
  readonly fitSeconds: number;
  /** First metric against the best yardstick so far, paired over users. */
  readonly against?: { readonly model: string } & PairedComparison;
}

interface Fitted {
  readonly model: string;
  readonly fitSeconds: number;
  readonly lists: RankedLists;
  readonly masked: boolean;
}

const LIST_LENGTH = 100;

export async function* evaluateProtocol(options: EvaluationOptions): AsyncGenerator<ResultRow> {
  const protocol = PROTOCOLS[options.protocol];
  const set = protocol.load(options.data);
  const rows = new RowMaker(protocol, set);
  for (const fitted of popularityLists(protocol, set)) yield rows.of([fitted]);
  if (options.yardsticks)
    for await (const fitted of yardstickLists(set, options)) yield rows.yardstick(fitted);
  for (const factorCount of options.factors ?? FACTOR_COUNTS[options.protocol]) {
    const runs: Fitted[] = [];
    for (let seed = 1; seed <= options.seeds; seed++)
      runs.push(await alsLists(set, factorCount, seed, options));
    yield rows.of(runs);
  }
}

/** Turns lists into rows, and remembers the best yardstick to compare with. */
class RowMaker {
  readonly #metric: MetricName;
  #best: { readonly model: string; readonly perUser: Float64Array } | undefined;

  constructor(
    readonly protocol: Protocol,
    readonly set: EvaluationSet,
  ) {
    this.#metric = protocol.headline[0]!;
  }

  yardstick(fitted: Fitted): ResultRow {
    const row = this.of([fitted]);
    const perUser = qualityOf(this.set, fitted.lists).perUser[this.#metric];
    if (!this.#best || mean(perUser) > mean(this.#best.perUser))
      this.#best = { model: fitted.model, perUser };
    return row;
  }

  /** Runs of one model with several seeds. */
  of(runs: readonly Fitted[]): ResultRow {
    const qualities = runs.map(({ lists }) => qualityOf(this.set, lists));
    const average = (of: (quality: ListQuality) => number) =>
      qualities.reduce((sum, quality) => sum + of(quality), 0) / runs.length;
    const byUser = new Float64Array(this.set.targets.length).map((_, user) =>
      average((quality) => quality.perUser[this.#metric][user]!),
    );
    const best = runs[0]!.masked ? this.#best : undefined;
    const bySeed = Float64Array.from(qualities, (quality) => quality.means[this.#metric]);
    return {
      protocol: this.protocol.name,
      model: runs[0]!.model,
      masked: runs[0]!.masked,
      seeds: runs.length,
      means: Object.fromEntries(
        METRIC_NAMES.map((name) => [name, average((quality) => quality.means[name])]),
      ) as Record<MetricName, number>,
      standardError: standardErrorOf(byUser),
      seedDeviation: runs.length < 2 ? 0 : standardErrorOf(bySeed) * Math.sqrt(runs.length),
      coverage: average((quality) => quality.coverage),
      novelty: average((quality) => quality.novelty),
      fitSeconds: runs.reduce((sum, run) => sum + run.fitSeconds, 0) / runs.length,
      ...(best && { against: { model: best.model, ...comparePaired(byUser, best.perUser) } }),
    };
  }
}

function* popularityLists(protocol: Protocol, set: EvaluationSet): Generator<Fitted> {
  for (const masked of protocol.name === '30music-pairs' ? [true, false] : [true])
    for (const [rule, settings] of Object.entries(protocol.popularity)) {
      const ranking = rankByScore(popularityScores(set, settings));
      const lists = listsOfRanking(set, ranking, { n: LIST_LENGTH, masked });
      yield { model: `popularity, ${rule}`, fitSeconds: 0, lists, masked };
    }
}

async function* yardstickLists(
  set: EvaluationSet,
  { protocol, threads, clock }: EvaluationOptions,
): AsyncGenerator<Fitted> {
  const settings = YARDSTICKS[protocol];
  const { knn, rp3Beta, easeLambda } = settings;
  yield timed('item-kNN', () => trainItemKnn(set.plays, knn));
  yield timed('RP3β', () => trainRp3Beta(set.plays, rp3Beta));
  if (easeLambda !== undefined)
    yield timed('EASE', () => trainEase(set.plays, { lambda: easeLambda, threads }));

  async function timed(
    model: string,
    train: () => ItemRecommender | Promise<ItemRecommender>,
  ): Promise<Fitted> {
    const start = clock.monotonicMs();
    const recommender = await train();
    const fitSeconds = (clock.monotonicMs() - start) / 1000;
    return { model, fitSeconds, lists: recommendAll(set, recommender), masked: true };
  }
}

function recommendAll({ plays, ...set }: EvaluationSet, recommender: ItemRecommender): RankedLists {
  const score = (user: number, scores: Float32Array) => {
    const [from, to] = [plays.starts[user]!, plays.starts[user + 1]!];
    recommender.score(plays.indices.subarray(from, to), plays.values.subarray(from, to), scores);
  };
  return listsOfScores({ plays, ...set }, score, { n: LIST_LENGTH, masked: true });
}

async function alsLists(
  set: EvaluationSet,
  factorCount: number,
  seed: number,
  { protocol, threads, clock, signal }: EvaluationOptions,
): Promise<Fitted> {
  const start = clock.monotonicMs();
  const settings = alsSettings(protocol, factorCount);
  const factors = await trainOn(set, settings, { seed, threads, signal });
  const fitSeconds = (clock.monotonicMs() - start) / 1000;
  const lists = await listsOfFactors(set, factors, { n: LIST_LENGTH, masked: true, threads });
  return { model: `ALS, ${factorCount} factors`, fitSeconds, lists, masked: true };
}
