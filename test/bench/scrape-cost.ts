/**
 * What a scrape costs a process that serves a model under load: time, bytes, and processor time, which is what busy
 * seconds with scrapes take more than busy seconds without.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { compiledPath } from '../../src/compiled-path';
import { median, option, Report } from './report';
import { Scrape } from './scrape';
import { startSegue } from './segue-process';

const SCRAPE_EVERY_SECONDS = 15;
const PAUSE_MS = 5;

export async function benchScrape(args: readonly string[]): Promise<void> {
  const report = new Report(args);
  const seconds = Number(option(args, 'seconds', '20'));
  const data = mkdtempSync(join(tmpdir(), 'segue-bench-'));
  const slots = option(args, 'slots', '4');
  const place = ['--data', data, '--partitions', slots];
  const segue = await startSegue(['run', ...place, '--http-port', '0']);
  const listeners = spawn(
    process.execPath,
    [compiledPath('src/cli/main.js'), 'simulate', ...place, '--retrain'],
    { stdio: 'ignore' },
  );
  try {
    while ((await Scrape.of(segue.url)).sum('segue_hand_over_duration_seconds_count') === 0)
      await pause(500);
    const without = await processorShare(segue.url, seconds, async () => undefined);
    const timesMs: number[] = [];
    let bytes = 0;
    const share = await processorShare(segue.url, seconds, async () => {
      const startedMs = performance.now();
      bytes = (await (await fetch(`${segue.url}/metrics`)).text()).length;
      timesMs.push(performance.now() - startedMs);
    });
    const cpuMs = (1000 * (share - without) * seconds) / timesMs.length;
    timesMs.sort((a, b) => a - b);
    report.add({
      what: 'scrape',
      slots: Number(slots),
      scrapes: timesMs.length,
      bytes,
      medianMs: median(timesMs),
      p99Ms: timesMs[Math.floor(0.99 * timesMs.length)]!,
      cpuMs,
      shareOfCoreEvery15s: cpuMs / 1000 / SCRAPE_EVERY_SECONDS,
    });
  } finally {
    listeners.kill('SIGKILL');
    await segue.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

/** Processor seconds a second, while `work` is done over and over. */
async function processorShare(
  url: string,
  seconds: number,
  work: () => Promise<void>,
): Promise<number> {
  const used = async () => (await Scrape.of(url)).sum('process_cpu_seconds_total');
  const before = await used();
  const endMs = performance.now() + 1000 * seconds;
  while (performance.now() < endMs) {
    await work();
    await pause(PAUSE_MS);
  }
  return ((await used()) - before) / seconds;
}
