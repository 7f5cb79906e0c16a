/** How benches report: lines for people, JSON lines for programs, and on what machine. */
import { cpus, totalmem } from 'node:os';

export type Row = Readonly<Record<string, string | number>>;

/** Prints rows as they come: one JSON object a line with --json, else `name value` pairs. */
export class Report {
  readonly #json: boolean;

  constructor(args: readonly string[]) {
    this.#json = args.includes('--json');
    this.add({
      machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    });
  }

  add(row: Row): void {
    if (this.#json) {
      process.stdout.write(`${JSON.stringify(row)}\n`);
      return;
    }
    const parts = Object.entries(row).map(([name, value]) => `${name} ${printed(value)}`);
    process.stdout.write(`${parts.join('  ')}\n`);
  }
}

function printed(value: string | number): string {
  if (typeof value === 'string' || Number.isInteger(value)) return String(value);
  return value.toPrecision(4);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value of `--name VALUE`, or the default. */
export function option(args: readonly string[], name: string, otherwise: string): string {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? otherwise : (args[at + 1] ?? otherwise);
}
