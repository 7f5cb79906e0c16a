/**
 * A backfill from the start of a topic, at several sizes: rate, memory, disk and bytes written per listen, so that one
 * can see what grows. One process with default settings; the world grows as the study's does (180 million listens of 28
 * million tracks by 8,000 users).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '../support/services/kafka-service';
import { option, Report } from './report';
import { Scrape } from './scrape';
import { type SegueProcess, startSegue } from './segue-process';
import { Stage, untilDone, untilQuiet } from './stage';

/** Of the study: tracks a listen. */
const TRACKS_PER_LISTEN = 28 / 180;
const TRACKS_PER_ARTIST = 12;
const MIB = 2 ** 20;

export async function benchBackfill(args: readonly string[]): Promise<void> {
  const report = new Report(args);
  const sizes = option(args, 'listens', '1000000,3000000').split(',').map(Number);
  for (const listens of sizes) {
    const directory = mkdtempSync(join(tmpdir(), 'segue-backfill-'));
    try {
      report.add(await backfill(listens, directory));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
}

async function backfill(listens: number, directory: string) {
  const kafkaDirectory = join(directory, 'kafka');
  const data = join(directory, 'data');
  const kafka = await startKafka({ directory: kafkaDirectory });
  try {
    const application = `backfill-${listens}`;
    const stage = await Stage.open({ brokers: kafka.address, data, application });
    const tracks = Math.ceil(listens * TRACKS_PER_LISTEN);
    await stage.sendPast(listens, { tracks, artists: Math.ceil(tracks / TRACKS_PER_ARTIST) });
    const inputBytes = bytesOn(kafkaDirectory);
    const segue = await startSegue(stage.runArguments(['--trainer', 'none']));
    const times = await timesOf(stage, segue, listens);
    const figures = await figuresOf(stage, segue, listens);
    await segue.stop();
    const storesMiB = Math.round(bytesOn(join(data, 'slots')) / MIB);
    const tablesMiB = Math.round((bytesOn(kafkaDirectory) - inputBytes) / MIB);
    await stage.close();
    return { what: 'backfill', listens, ...times, ...figures, storesMiB, tablesMiB };
  } finally {
    await kafka.stop();
  }
}

async function timesOf(stage: Stage, segue: SegueProcess, listens: number) {
  const startedMs = await stage.untilRead([segue], 1);
  await stage.untilRead([segue], listens);
  const countedMs = await untilDone([segue], false);
  await untilQuiet([segue]);
  const seconds = (countedMs - startedMs) / 1000;
  const refreshSeconds = (performance.now() - countedMs) / 1000;
  return { seconds, listensPerSecond: Math.round(listens / seconds), refreshSeconds };
}

async function figuresOf(stage: Stage, segue: SegueProcess, listens: number) {
  const scrape = await Scrape.of(segue.url);
  const { listens: _input, ...others } = stage.administration.topics;
  let records = 0;
  for (const { name } of Object.values(others))
    for (const { start, end } of await stage.places.broker.ranges(name)) records += end - start;
  return {
    pairs: scrape.sum('segue_pairs'),
    tracks: scrape.sum('segue_tracks'),
    users: scrape.sum('segue_users'),
    peakResidentMiB: Math.round(peakResidentBytes(segue.pid) / MIB),
    // Markers included: about one a step and partition written to.
    recordsPerListen: records / listens,
    bytesPerListen: Math.round(scrape.sum('segue_step_bytes_sum') / listens),
  };
}

/** The most that was ever resident, where the system tells. */
export function peakResidentBytes(pid: number): number {
  const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return found === null ? Number.NaN : Number(found[1]) * 1024;
}

function bytesOn(directory: string): number {
  return Number(execFileSync('du', ['-sk', directory], { encoding: 'utf8' }).split('\t')[0]) * 1024;
}
