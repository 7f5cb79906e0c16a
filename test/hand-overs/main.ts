/**
 * `npm run hand-overs -- [--hand-overs N] [--rate LISTENS] [--trainers worker-threads,spark] [--seed N] [--every N]
 * [--json]`: hand-overs in a row under load on real Kafka, with kills, every list recomputed.
 */
import { option } from '../bench/report';
import { startKafka } from '../support/services/kafka-service';
import { startRegistry } from '../support/services/registry-service';
import { runCampaign } from './campaign';

async function main(args: readonly string[]): Promise<void> {
  const [kafka, registry] = await Promise.all([startKafka(), startRegistry()]);
  try {
    const result = await runCampaign({
      brokers: kafka.address,
      registry: registry.address,
      seed: Number(option(args, 'seed', String(Date.now() % 1_000_000_000))),
      handOvers: Number(option(args, 'hand-overs', '10')),
      rate: Number(option(args, 'rate', '300')),
      trainers: option(args, 'trainers', 'worker-threads').split(','),
      every: Number(option(args, 'every', '20')),
      say: (line) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`),
    });
    const isJson = args.includes('--json');
    process.stdout.write(`${JSON.stringify(result, undefined, isJson ? undefined : 2)}\n`);
    process.exitCode = result.differences.length === 0 ? 0 : 1;
  } finally {
    await Promise.all([kafka.stop(), registry.stop()]);
  }
}

void main(process.argv.slice(2));
