/** What the live view shows of the meter: rates of the last seconds, freshness of the last minute, hit rates. */
import type { Clock } from '../clock';
import { difference, type HistogramSnapshot, quantile } from '../telemetry/histogram-snapshot';
import type { PrometheusMeter } from '../telemetry/prometheus-meter';
import type { LiveViewState } from './render-live-view';

const RATE_MS = 5000;
const FRESHNESS_MS = 60_000;
/** Snapshots are taken no more often than this, so their number is bounded. */
const SAMPLE_MS = 1000;
const HIT_DEPTH = 20;

export type LiveFigures = Pick<
  LiveViewState,
  'listens' | 'catalogue' | 'model' | 'freshness' | 'hitRate' | 'runningSeconds'
>;

interface Sample {
  readonly ms: number;
  readonly listens: number;
  readonly freshness: HistogramSnapshot;
}

export class LiveFigureReader {
  private readonly samples: Sample[] = [];
  private readonly startMs: number;

  /** `inputTopic` is the topic whose records are shown as listens. */
  constructor(
    private readonly meter: PrometheusMeter,
    private readonly clock: Clock,
    private readonly inputTopic: string,
  ) {
    this.startMs = clock.monotonicMs();
    this.sample();
  }

  read(): LiveFigures {
    const now = this.sample();
    return {
      runningSeconds: (now.ms - this.startMs) / 1000,
      listens: this.listens(now),
      catalogue: this.catalogue(),
      model: this.model(),
      freshness: this.freshness(now),
      hitRate: this.hitRate(),
    };
  }

  private sample(): Sample {
    const { meter, samples, inputTopic } = this;
    const ms = this.clock.monotonicMs();
    const now: Sample = {
      ms,
      listens: meter.read('segue_input_records_total', { topic: inputTopic }),
      freshness: meter.snapshot('segue_freshness_seconds'),
    };
    if (samples.length === 0 || ms - (samples.at(-1) as Sample).ms >= SAMPLE_MS) samples.push(now);
    while (samples.length > 1 && (samples[1] as Sample).ms <= ms - FRESHNESS_MS) samples.shift();
    return now;
  }

  /** The latest sample that is at least `ageMs` older than `now`, else the oldest. */
  private before(now: Sample, ageMs: number): Sample {
    const old = this.samples.findLast(({ ms }) => ms <= now.ms - ageMs);
    return old ?? (this.samples[0] as Sample);
  }

  private listens(now: Sample): LiveFigures['listens'] {
    const before = this.before(now, RATE_MS);
    const seconds = (now.ms - before.ms) / 1000;
    return {
      total: now.listens,
      perSecond: seconds > 0 ? (now.listens - before.listens) / seconds : 0,
      lag: this.meter.read('segue_lag_records', { topic: this.inputTopic }),
      refreshesWaiting: this.meter.read('segue_refreshes_waiting'),
    };
  }

  private catalogue(): LiveFigures['catalogue'] {
    const { meter } = this;
    const tracks = meter.read('segue_tracks');
    if (tracks === 0) return undefined;
    return {
      tracks,
      users: meter.read('segue_users'),
      tracksIn: meter.read('segue_tracks_in'),
      threshold: meter.read('segue_threshold_listeners'),
    };
  }

  private model(): LiveFigures['model'] {
    const generation = this.meter.read('segue_model_generation');
    if (generation === 0) return undefined;
    const trainedAt = this.meter.read('segue_model_trained_timestamp_seconds');
    const ageSeconds = trainedAt === 0 ? undefined : this.clock.now() / 1000 - trainedAt;
    return { generation, ageSeconds };
  }

  private freshness(now: Sample): LiveFigures['freshness'] {
    const before = this.before(now, FRESHNESS_MS);
    const recent = difference(now.freshness, before.freshness);
    const p50Seconds = quantile(recent, 0.5);
    const p99Seconds = quantile(recent, 0.99);
    if (p50Seconds === undefined || p99Seconds === undefined) return undefined;
    return { p50Seconds, p99Seconds };
  }

  private hitRate(): LiveFigures['hitRate'] {
    const { meter } = this;
    const trials = meter.read('segue_prediction_trials_total', { judged: 'personal' });
    if (trials === 0) return undefined;
    const share = (judged: string): number =>
      meter.read('segue_prediction_hits_total', { judged, at: String(HIT_DEPTH) }) / trials;
    const [personal, popular] = [share('personal'), share('popular-beside')];
    return { depth: HIT_DEPTH, trials, personal, popular };
  }
}
