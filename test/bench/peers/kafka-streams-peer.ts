/**
 * The same job on Kafka Streams, in Java: built by Maven on first use in the cache folder, run in a process of its own.
 * Where Java or Maven cannot be had, the bench says so and measures without it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../src/compiled-path';
import { cacheDirectory } from '../../support/services/service-files';

const FOLDER = join(projectRoot(), 'test', 'bench', 'peers', 'kafka-streams');
const MAIN_CLASS = 'segue.peer.DistinctListeners';
const JVM = ['-Xms256m', '-Xmx1g'];

export interface KafkaStreamsTask {
  readonly brokers: string;
  readonly application: string;
  readonly listensTopic: string;
  readonly changesTopic: string;
  readonly state: string;
  readonly threads: number;
  readonly listens: number;
  readonly cacheBytes: number;
}

export interface KafkaStreamsResult {
  /** From the first record read to the last one counted. */
  readonly seconds: number;
  readonly pairs: number;
  readonly residentMiB: number;
}

/** The built program's folder, or undefined (and why on standard error). */
export function kafkaStreamsPeer(): string | undefined {
  const target = join(cacheDirectory(), `kafka-streams-peer-${sourcesHash()}`);
  if (existsSync(target)) return target;
  process.stderr.write(`bench: building the Kafka Streams peer in ${target} …\n`);
  const aside = mkdtempSync(`${target}-`);
  cpSync(FOLDER, aside, { recursive: true });
  const goals = ['compile', 'dependency:copy-dependencies'];
  const places = ['-DoutputDirectory=libs', '-DincludeScope=runtime'];
  const { status, error } = spawnSync('mvn', ['-B', '-q', ...goals, ...places], {
    cwd: aside,
    stdio: ['ignore', 2, 2],
  });
  if (status === 0) {
    renameSync(aside, target);
    return target;
  }
  rmSync(aside, { recursive: true, force: true });
  const why = error?.message ?? `exit code ${status}`;
  process.stderr.write(`bench: without Kafka Streams, since mvn failed (${why})\n`);
  return undefined;
}

function sourcesHash(): string {
  const hash = createHash('sha256');
  const names = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).sort();
  for (const name of names.filter((one) => /\.(java|xml)$/.test(one)))
    hash.update(name).update(readFileSync(join(FOLDER, name)));
  return hash.digest('hex').slice(0, 12);
}

/** Runs it to its end. Rejects with what it said when it fails. */
export function runKafkaStreams(
  program: string,
  task: KafkaStreamsTask,
): Promise<KafkaStreamsResult> {
  const classPath = [join(program, 'target', 'classes'), join(program, 'libs', '*')].join(':');
  const options = {
    brokers: task.brokers,
    application: task.application,
    'listens-topic': task.listensTopic,
    'changes-topic': task.changesTopic,
    schemas: join(projectRoot(), 'schemas'),
    state: task.state,
    threads: String(task.threads),
    listens: String(task.listens),
    'cache-bytes': String(task.cacheBytes),
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn('java', [...JVM, '-cp', classPath, MAIN_CLASS, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', errors: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (said.errors += chunk.toString('utf8')));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(said.out) as KafkaStreamsResult);
      else reject(new Error(`the Kafka Streams peer ended with ${code}:\n${said.errors}`));
    });
  });
}
