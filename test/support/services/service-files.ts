/**
 * The programs of the real services, from Maven Central, kept in a cache of this user: Kafka's jars,
 * a formatted empty log directory, and the Apicurio registry. Everything appears under its final name
 * by one rename, so a download that was cut off is never taken for a whole one.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildOnce } from '../../../src/build-once';

const run = promisify(execFile);

export const KAFKA_VERSION = '4.3.1';
/** The last line that runs on Java 17; 3.3.x needs 21. */
export const APICURIO_VERSION = '3.0.9';
const JAVA_VERSION_MIN = 17;

export function cacheDirectory(): string {
  const directory = process.env['SEGUE_CACHE'] ?? join(homedir(), '.cache', 'segue');
  mkdirSync(directory, { recursive: true });
  return directory;
}

const kafkaDirectory = () => join(cacheDirectory(), `kafka-${KAFKA_VERSION}`);
const apicurioDirectory = () => join(cacheDirectory(), `apicurio-${APICURIO_VERSION}`);

export interface Ability {
  readonly ok: boolean;
  /** Why not, and what to do; empty where ok. */
  readonly why: string;
}

async function javaVersion(): Promise<number | undefined> {
  try {
    const { stderr } = await run('java', ['-version']);
    const found = /version "(\d+)/.exec(stderr)?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined;
  }
}

async function hasMaven(): Promise<boolean> {
  try {
    await run('mvn', ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** Whether this machine can run the real services: Java 17+, and Maven where nothing is cached yet. */
export async function canRun(): Promise<Ability> {
  if (process.platform === 'win32') {
    return { ok: false, why: 'the test services run on Linux and macOS only' };
  }
  const java = await javaVersion();
  if (java === undefined || java < JAVA_VERSION_MIN) {
    const found = java === undefined ? 'none found' : `found ${java}`;
    return { ok: false, why: `Java ${JAVA_VERSION_MIN} or later is needed on the path (${found})` };
  }
  const cached = existsSync(kafkaDirectory()) && existsSync(apicurioDirectory());
  if (!cached && !(await hasMaven())) {
    return { ok: false, why: 'Maven is needed on the path to fetch Kafka and the registry once' };
  }
  return { ok: true, why: '' };
}

async function maven(directory: string, parameters: readonly string[]): Promise<void> {
  try {
    await run('mvn', ['-B', '-q', ...parameters], { cwd: directory });
  } catch (error) {
    throw new Error(`Maven could not fetch a test service: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

const KAFKA_POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka-broker</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies><dependency>
    <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
    <version>${KAFKA_VERSION}</version>
  </dependency></dependencies>
</project>
`;

/** Kafka's jars: a directory with `libs/`. */
export function kafkaFiles(): Promise<string> {
  return buildOnce(kafkaDirectory(), async (aside) => {
    writeFileSync(join(aside, 'pom.xml'), KAFKA_POM);
    await maven(aside, [
      'dependency:copy-dependencies',
      '-DoutputDirectory=libs',
      '-DincludeScope=runtime',
    ]);
  });
}

/** The registry, unpacked. */
export function apicurioFiles(): Promise<string> {
  return buildOnce(apicurioDirectory(), async (aside) => {
    const artifact = `io.apicurio:apicurio-registry-app:${APICURIO_VERSION}:tar.gz:all`;
    await maven(aside, ['dependency:copy', `-Dartifact=${artifact}`, '-DoutputDirectory=.']);
    const archive = join(aside, `apicurio-registry-app-${APICURIO_VERSION}-all.tar.gz`);
    await run('tar', ['xzf', archive, '-C', aside]);
    rmSync(archive);
  });
}

/** A formatted, empty log directory to copy: formatting takes a Java start of two seconds. */
export async function formattedLogDirectory(properties: string): Promise<string> {
  const files = await kafkaFiles();
  return buildOnce(join(cacheDirectory(), `kafka-${KAFKA_VERSION}-formatted`), async (aside) => {
    const file = join(aside, 'server.properties');
    writeFileSync(file, properties.replace(/^log\.dirs=.*$/m, `log.dirs=${join(aside, 'data')}`));
    const id = 'c2VndWUtdGVzdC1rYWZrYQ';
    const tool = ['kafka.tools.StorageTool', 'format', '-t', id, '-c', file];
    await run('java', ['-XX:TieredStopAtLevel=1', '-cp', join(files, 'libs', '*'), ...tool]);
  });
}
