/**
 * What a retrain on Spark needs on this machine: pyspark with a Python of its own (from PyPI) and the jars that it
 * lacks (from Maven Central), made once in a folder of this user. requirements.txt holds the one version of both.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildOnce } from '../../build-once';
import { projectRoot } from '../../compiled-path';
import { SegueError } from '../../errors';

const run = promisify(execFile);

export interface SparkEnvironment {
  readonly version: string;
  readonly python: string;
  readonly jars: readonly string[];
}

/** Where the job's own files are; they run from the sources, uncompiled. */
export function sparkSources(): string {
  return join(projectRoot(), 'src', 'training', 'spark');
}

export function sparkVersion(): string {
  const requirements = readFileSync(join(sparkSources(), 'requirements.txt'), 'utf8');
  return /^pyspark==(\S+)$/m.exec(requirements)![1]!;
}

export function defaultSparkFolder(): string {
  return join(homedir(), '.cache', 'segue');
}

const JARS = [
  'spark-sql-kafka-0-10_2.13',
  'spark-token-provider-kafka-0-10_2.13',
  'kafka-clients',
  'commons-pool2',
  'spark-avro_2.13',
];

/** Makes it where it is missing, which takes a minute or two. Throws SPARK_UNAVAILABLE, saying what is missing. */
export async function prepareSpark(
  folder: string,
  onProgress: (line: string) => void,
  python = 'python3',
): Promise<SparkEnvironment> {
  const version = sparkVersion();
  const target = join(folder, `spark-${version}`);
  if (!existsSync(target)) {
    mkdirSync(folder, { recursive: true });
    onProgress(`installing Spark ${version} in ${target}, once`);
    await buildOnce(target, (aside) => build(aside, version, python));
  }
  const jars = join(target, 'jars');
  return {
    version,
    python: join(target, 'venv', 'bin', 'python'),
    jars: readdirSync(jars)
      .sort()
      .map((name) => join(jars, name)),
  };
}

async function build(aside: string, version: string, python: string): Promise<void> {
  const requirements = join(sparkSources(), 'requirements.txt');
  copyFileSync(join(sparkSources(), 'pom.xml'), join(aside, 'pom.xml'));
  await step(aside, python, ['-m', 'venv', 'venv']);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  await step(aside, join(aside, 'venv', 'bin', 'python'), [...pip, '-r', requirements]);
  await step(aside, 'mvn', [
    ...['-q', '-B', 'dependency:copy-dependencies', `-Dspark.version=${version}`],
    ...['-DoutputDirectory=jars', `-DincludeArtifactIds=${JARS.join(',')}`],
  ]);
}

async function step(directory: string, command: string, args: readonly string[]): Promise<void> {
  try {
    await run(command, args, { cwd: directory, maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    const { stderr, stdout, message } = error as Error & { stderr?: string; stdout?: string };
    const said = [stderr, stdout, message].find((text) => text?.trim()) ?? '';
    throw new SegueError(
      'SPARK_UNAVAILABLE',
      `expected ${command} ${args.slice(0, 3).join(' ')} … to work (Python 3.10 or later with venv, Java 17 and Maven are ` +
        `needed), it ended with: ${said.trim().slice(-500)}; install them, or name a finished folder with --spark-folder`,
      { cause: error },
    );
  }
}
