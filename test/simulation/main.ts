/** `npm run simulate -- [--seed N] [--minutes M] [--listens L] [--json]`: campaigns from seed N on, until time is over. */
import { option } from '../bench/report';
import { faultyRun } from './faulty-run';

async function main(args: readonly string[]): Promise<void> {
  const first = Number(option(args, 'seed', String(Date.now() % 1_000_000_000)));
  const minutes = Number(option(args, 'minutes', '1'));
  const listens = Number(option(args, 'listens', '600'));
  const isOne = args.includes('--seed') && !args.includes('--minutes');
  const endMs = Date.now() + minutes * 60_000;
  const totals = { seeds: 0, records: 0, crashes: 0, lostAnswers: 0, disksLost: 0, failed: 0 };
  for (let seed = first; isOne ? seed === first : Date.now() < endMs; seed++) {
    const report = await faultyRun({ seed, listens });
    totals.seeds += 1;
    totals.records += report.records;
    totals.crashes += report.crashes;
    totals.lostAnswers += report.lostAnswers;
    totals.disksLost += report.disksLost;
    if (report.differences.length === 0) continue;
    totals.failed += 1;
    process.stderr.write(
      `seed ${seed} differs (npm run simulate -- --seed ${seed} --listens ${listens}):\n  ${report.differences.join('\n  ')}\n`,
    );
  }
  const text = args.includes('--json')
    ? JSON.stringify({ firstSeed: first, ...totals })
    : `from seed ${first}: ${JSON.stringify(totals)}`;
  process.stdout.write(`${text}\n`);
  process.exit(totals.failed === 0 ? 0 : 1);
}

void main(process.argv.slice(2));
