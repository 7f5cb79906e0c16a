/**
 * `npm run torture -- [--minutes M] [--seed N] [--rate LISTENS] [--nodes 1|3] [--json]`: a campaign of faults against
 * three real processes on real Kafka under constant load, and the comparison with a recount in plain maps. An interrupt ends
 * the damage, not the comparison.
 */
import { option } from '../bench/report';
import { runCampaign } from './campaign';
import { asJson, asText } from './report';

async function main(args: readonly string[]): Promise<void> {
  const seed = Number(option(args, 'seed', String(Date.now() % 1_000_000_000)));
  process.stderr.write(`seed ${seed}\n`);
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  const result = await runCampaign({
    seed,
    minutes: Number(option(args, 'minutes', '10')),
    rate: Number(option(args, 'rate', '100')),
    nodes: option(args, 'nodes', '3') === '1' ? 1 : 3,
    signal: ending.signal,
    say: (line) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`),
  });
  process.stdout.write(args.includes('--json') ? `${asJson(result)}\n` : asText(result));
  process.exit(result.differences.length === 0 ? 0 : 1);
}

void main(process.argv.slice(2));
