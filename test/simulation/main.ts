/**
 * `npm run simulate -- [--seed N] [--minutes M] [--listens L] [--planted FAULT] [--json]`: campaigns from seed N on, until
 * time is over; with a seed and no minutes only that one. A campaign that differs is told at once, with how to replay it.
 */
import { option } from '../bench/report';
import { faultyRun, type RunReport } from './faulty-run';
import { PLANTED_FAULTS, type PlantedFaultName } from './planted-faults';

interface Totals {
  seeds: number;
  records: number;
  lists: number;
  readonly happenings: Record<string, number>;
  failed: number[];
}

async function main(args: readonly string[]): Promise<void> {
  const first = Number(option(args, 'seed', String(Date.now() % 1_000_000_000)));
  const minutes = Number(option(args, 'minutes', '1'));
  const listens = Number(option(args, 'listens', '600'));
  const planted = plantedFault(option(args, 'planted', ''));
  const isOne = args.includes('--seed') && !args.includes('--minutes');
  const endMs = Date.now() + minutes * 60_000;
  const totals: Totals = { seeds: 0, records: 0, lists: 0, happenings: {}, failed: [] };
  for (let seed = first; isOne ? seed === first : Date.now() < endMs; seed++) {
    const report = await faultyRun({ seed, listens, ...(planted && { planted }) });
    addTo(totals, report);
    if (report.differences.length > 0) tell(report, listens);
  }
  const happenings = Object.fromEntries(Object.entries(totals.happenings).sort());
  const summary = { firstSeed: first, ...totals, happenings };
  process.stdout.write(
    args.includes('--json')
      ? `${JSON.stringify(summary)}\n`
      : `from seed ${first}: ${JSON.stringify(summary, undefined, 2)}\n`,
  );
  process.exit(totals.failed.length === 0 ? 0 : 1);
}

function plantedFault(name: string): PlantedFaultName | undefined {
  if (name === '') return undefined;
  const found = PLANTED_FAULTS.find((one) => one === name);
  if (found === undefined)
    throw new Error(`--planted: expected one of "${PLANTED_FAULTS.join('", "')}", got "${name}"`);
  return found;
}

function addTo(totals: Totals, { seed, records, lists, happenings, differences }: RunReport): void {
  totals.seeds += 1;
  totals.records += records;
  totals.lists += lists;
  for (const [what, times] of Object.entries(happenings))
    totals.happenings[what] = (totals.happenings[what] ?? 0) + times;
  if (differences.length > 0) totals.failed.push(seed);
}

function tell({ seed, differences }: RunReport, listens: number): void {
  const replay = `npm run simulate -- --seed ${seed} --listens ${listens}`;
  process.stderr.write(`seed ${seed} differs (${replay}):\n  ${differences.join('\n  ')}\n`);
}

void main(process.argv.slice(2));
