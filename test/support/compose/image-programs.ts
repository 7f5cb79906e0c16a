/** What runs in the images of the compose file, as programs of this machine. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../../src/compiled-path';
import {
  APICURIO_VERSION,
  apicurioFiles,
  KAFKA_VERSION,
  kafkaFiles,
} from '../services/service-files';
import { SMALL_DAEMONS, sparkHome, testSpark, testSparkFolder } from '../services/spark-cluster';
import type { Container } from './container-place';
import { lastOf, lineage, readDockerfile, type Stage, variablesOf } from './dockerfile';

const run = promisify(execFile);

export interface Program {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What the compose file gives a container, addresses and paths translated already. */
export interface Given {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

type Images = Readonly<Record<string, (container: Container, given: Given) => Promise<Program>>>;

const IMAGES: Images = {
  [`apache/kafka:${KAFKA_VERSION}`]: kafkaProgram,
  [`apicurio/apicurio-registry:${APICURIO_VERSION}`]: registryProgram,
  'apache/spark': sparkProgram,
  'prom/prometheus': async ({ root }, { command, environment }) => ({
    command: 'prometheus',
    arguments: command,
    directory: root,
    environment,
  }),
};

/** Throws where this machine has no program for the image. */
export function programOf(container: Container, given: Given): Promise<Program> {
  const { build, image } = container.spec;
  if (build !== undefined) return ownProgram(container, given, build.target);
  const make = IMAGES[image] ?? IMAGES[image.split(':')[0]!];
  if (make === undefined) throw new Error(`no program here stands for the image ${image}`);
  return make(container, given);
}

const words = (text: string | undefined) => (text ?? '').split(' ').filter((word) => word !== '');

/** As the image's own start script does: KAFKA_LOG_DIRS is the property log.dirs. */
async function kafkaProgram({ root }: Container, { environment }: Given): Promise<Program> {
  const { CLUSTER_ID = '', KAFKA_HEAP_OPTS, ...rest } = environment;
  const properties = Object.entries(rest)
    .filter(([name]) => name.startsWith('KAFKA_'))
    .map(([name, value]) => `${name.slice(6).toLowerCase().replaceAll('_', '.')}=${value}`);
  const file = join(root, 'server.properties');
  writeFileSync(file, `${properties.join('\n')}\n`);
  const jars = ['-cp', join(await kafkaFiles(), 'libs', '*')];
  const light = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  if (!existsSync(join(environment['KAFKA_LOG_DIRS']!, 'meta.properties'))) {
    const tool = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file];
    await run('java', [...light, ...jars, ...tool]);
  }
  return {
    command: 'java',
    arguments: [...words(KAFKA_HEAP_OPTS), ...light, ...jars, 'kafka.Kafka', file],
    directory: root,
    environment,
  };
}

async function registryProgram({ root }: Container, { environment }: Given): Promise<Program> {
  const jar = join(await apicurioFiles(), `apicurio-registry-app-${APICURIO_VERSION}-runner.jar`);
  const light = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  return {
    command: 'java',
    arguments: [...words(environment['JAVA_OPTS_APPEND']), ...light, '-jar', jar],
    directory: root,
    environment,
  };
}

/** The Spark of PyPI has the scripts of the image at another place. */
async function sparkProgram(
  { root }: Container,
  { command: [script = '', ...args], environment }: Given,
): Promise<Program> {
  const home = sparkHome(await testSpark());
  return {
    command: script.replace('/opt/spark', home),
    arguments: args,
    directory: root,
    environment: {
      ...SMALL_DAEMONS,
      SPARK_HOME: home,
      SPARK_WORKER_DIR: join(root, 'work'),
      ...environment,
    },
  };
}

/** The image of the Dockerfile, laid out as its last stage says and nothing else. */
async function ownProgram(
  { root }: Container,
  { command, environment }: Given,
  target: string,
): Promise<Program> {
  const stages = readDockerfile();
  const layers = lineage(stages, target);
  const image = join(dirname(root), `image-${target}`);
  if (!existsSync(image)) layOut(image, layers, stages);
  const [entry = '', ...fixed] = JSON.parse(lastOf(layers, 'ENTRYPOINT')!) as string[];
  const byDefault = JSON.parse(lastOf(layers, 'CMD') ?? '[]') as string[];
  return {
    command: entry,
    arguments: [...fixed, ...(command.length > 0 ? command : byDefault)],
    directory: join(image, lastOf(layers, 'WORKDIR')!),
    environment: { ...variablesOf(layers), ...environment, ...(await installed(layers)) },
  };
}

/** What the image installs with RUN is in a cache of this machine. */
async function installed(layers: readonly Stage[]): Promise<Readonly<Record<string, string>>> {
  if (variablesOf(layers)['SEGUE_SPARK_FOLDER'] === undefined) return {};
  await testSpark();
  return { SEGUE_SPARK_FOLDER: testSparkFolder() };
}

function layOut(image: string, layers: readonly Stage[], stages: readonly Stage[]): void {
  const directory = join(image, lastOf(layers, 'WORKDIR')!);
  mkdirSync(directory, { recursive: true });
  const compiled = compiledFolders(stages);
  for (const { name, value } of layers.flatMap(({ instructions }) => instructions)) {
    if (name !== 'COPY') continue;
    const paths = value.split(' ').filter((word) => !word.startsWith('--'));
    const isBuilt = value.startsWith('--from=build');
    const [source = '', target = ''] = paths;
    const from = join(projectRoot(), isBuilt ? source.replace(/^\/segue\//, '') : source);
    const to = join(directory, target === './' ? source : target);
    // Packages are only read; all else is copied, or Node would find the project by its real path.
    if (source.endsWith('node_modules')) symlinkSync(from, to);
    else if (source.endsWith('dist'))
      for (const folder of compiled)
        cpSync(join(from, folder), join(to, folder), { recursive: true });
    else cpSync(from, to, { recursive: true });
  }
}

/** What the build stage compiles: of ours, which has the tests as well, only that. */
function compiledFolders(stages: readonly Stage[]): readonly string[] {
  return stages
    .find(({ name }) => name === 'build')!
    .instructions.filter(({ name }) => name === 'COPY')
    .flatMap(({ value }) => value.split(' ').slice(0, -1))
    .filter((source) => existsSync(join(projectRoot(), 'dist', source)));
}

/** The folder a service's output goes to ends in its own log; the last lines, for a failure. */
export function tailOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-4000) : '';
}
