/** A real Spark cluster on this machine: a master and workers in processes of their own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { prepareSpark, type SparkEnvironment } from '../../../src/training/spark/spark-environment';
import { freePorts } from './free-ports';
import { type GuardedProcess, startGuarded } from './guarded-process';
import { cacheDirectory } from './service-files';

export interface SparkCluster {
  /** What `--spark-master` takes. */
  readonly master: string;
  /** What the master has said so far. */
  masterLog(): string;
  stop(): Promise<void>;
}

const READY_MS_MAX = 120_000;

/** Of master and workers. */
export const SMALL_DAEMONS: Readonly<Record<string, string>> = {
  SPARK_DAEMON_MEMORY: '256m',
  SPARK_LOCAL_IP: '127.0.0.1',
  SPARK_DAEMON_JAVA_OPTS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
};

/** In the cache of the test services; a minute or two the first time. */
export function testSpark(): Promise<SparkEnvironment> {
  return prepareSpark(cacheDirectory(), (line) => process.stderr.write(`segue: ${line}\n`));
}

/** Where `testSpark` installs, for processes that prepare it themselves. */
export function testSparkFolder(): string {
  return cacheDirectory();
}

export function sparkHome({ python }: SparkEnvironment): string {
  const where = 'import pyspark; print(pyspark.__path__[0])';
  return execFileSync(python, ['-c', where], { encoding: 'utf8' }).trim();
}

export async function startSparkCluster({ workers = 2 } = {}): Promise<SparkCluster> {
  const home = sparkHome(await testSpark());
  const directory = mkdtempSync(join(tmpdir(), 'segue-spark-cluster-'));
  const [port, ...ports] = await freePorts(2 + 2 * workers);
  const master = `spark://127.0.0.1:${port}`;
  const logOf = (name: string) => join(directory, `${name}.log`);
  const start = (name: string, kind: string, args: readonly string[]) =>
    startGuarded({
      command: 'env',
      arguments: [
        ...Object.entries({ SPARK_HOME: home, ...SMALL_DAEMONS }).map(
          ([key, value]) => `${key}=${value}`,
        ),
        ...[join(home, 'bin', 'spark-class'), `org.apache.spark.deploy.${kind}`],
        ...['--host', '127.0.0.1', ...args],
      ],
      directory,
      outputFile: logOf(name),
    });
  const processes: GuardedProcess[] = [
    start('master', 'master.Master', ['--port', `${port}`, '--webui-port', `${ports[0]}`]),
  ];
  const log = (name: string) => readFileSync(logOf(name), 'utf8');
  const stop = async () => {
    await Promise.all(processes.map((process) => process.stop()));
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await until(processes, () => log('master').includes('I have been elected leader'));
    for (let number = 0; number < workers; number++) {
      const own = [
        '--port',
        `${ports[2 * number + 1]}`,
        '--webui-port',
        `${ports[2 * number + 2]}`,
      ];
      const size = ['--cores', '1', '--memory', '2g', '--work-dir', join(directory, `${number}`)];
      processes.push(start(`worker-${number}`, 'worker.Worker', [...own, ...size, master]));
    }
    await until(processes, () => log('master').match(/Registering worker/g)?.length === workers);
  } catch (error) {
    await stop();
    throw error;
  }
  return { master, masterLog: () => log('master'), stop };
}

async function until(processes: readonly GuardedProcess[], isReady: () => boolean): Promise<void> {
  const deadline = Date.now() + READY_MS_MAX;
  while (!isReady()) {
    const dead = processes.find((process) => !process.isRunning());
    if (dead !== undefined || Date.now() > deadline) {
      const tail = (dead ?? processes[0])?.outputTail();
      throw new Error(`The Spark cluster did not start:\n${tail}`);
    }
    await pause(100);
  }
}
