/** Freshness of users nobody knows, who listen once each: measured from outside, and as Prometheus shows it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Administration } from '../../../src/app/administration';
import { RECOMMENDATION_SERIES } from '../../../src/telemetry/recommendation-series';
import { commitTimes } from './commit-times';
import type { ScrapedStack } from './scraped-stack';

const PROBES = 300;
const PAUSE_MS = 10;
const QUANTILES = [0.5, 0.9, 0.99] as const;
const { buckets: BOUNDS } = RECOMMENDATION_SERIES.segue_freshness_seconds;
const BUCKETS = 'sum by (le) (segue_freshness_seconds_bucket)';

export interface FreshnessFigures {
  readonly quantile: number;
  readonly shown: number;
  readonly measured: number;
  /** Of the wider of the two buckets that the figures lie in. */
  readonly bucketWidth: number;
}

/** While nobody else listens: all that Prometheus counts from now on are probes. */
export async function probeFreshness(
  stack: ScrapedStack,
  administration: Administration,
): Promise<readonly FreshnessFigures[]> {
  const startSeconds = Date.now() / 1000;
  const before = (await stack.api.value('sum(segue_freshness_seconds_count)'))!;
  const sent = await sendProbes(administration);
  await stack.api.until(`sum(segue_freshness_seconds_count) == bool ${before + PROBES}`);
  const committed = await commitTimes(
    stack.place.brokers,
    administration.topics.recommendations.name,
    new Set(sent.keys()),
  );
  const measured = [...committed]
    .map(([user, ms]) => (ms - sent.get(user)!) / 1000)
    .sort((a, b) => a - b);
  const figures: FreshnessFigures[] = [];
  for (const quantile of QUANTILES) {
    const shown = (await stack.api.value(
      `histogram_quantile(${quantile}, ${BUCKETS} - ${BUCKETS.replace('bucket', `bucket @ ${startSeconds}`)})`,
    ))!;
    const own = measured[Math.ceil(quantile * measured.length) - 1]!;
    const bucketWidth = Math.max(widthAt(shown), widthAt(own));
    figures.push({ quantile, shown, measured: own, bucketWidth });
  }
  return figures;
}

/** User → when their listen was produced, in milliseconds since 1970. */
async function sendProbes({
  broker,
  codecs,
  topics,
}: Administration): Promise<ReadonlyMap<string, number>> {
  const sent = new Map<string, number>();
  const writer = await broker.writer();
  for (let number = 0; number < PROBES; number++) {
    const user = `probe-${number}`;
    const timestampMs = Date.now();
    const value = codecs.of(topics.listens).encode({
      kind: 'LISTEN',
      listened_at: Math.floor(timestampMs / 1000),
      recording_mbid: null,
      recording_msid: '6f1d2f5a-0c36-4a2e-9d0e-3b6a4f6f2d11',
      artist_name: 'Probe',
      track_name: 'Probe',
      release_name: null,
    });
    const key = Buffer.from(user, 'utf8');
    await writer.send([{ topic: topics.listens.name, key, value, timestampMs }]);
    sent.set(user, timestampMs);
    await pause(PAUSE_MS);
  }
  await writer.close();
  return sent;
}

function widthAt(value: number): number {
  const place = BOUNDS.findIndex((bound) => value <= bound);
  return place < 0 ? Number.POSITIVE_INFINITY : BOUNDS[place]! - (BOUNDS[place - 1] ?? 0);
}
