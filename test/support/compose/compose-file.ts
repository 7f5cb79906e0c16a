/** docker-compose.yml as data: anchors and merge keys resolved, the short forms written out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../../src/compiled-path';

export type DependencyCondition =
  | 'service_started'
  | 'service_healthy'
  | 'service_completed_successfully';

export interface Dependency {
  readonly condition: DependencyCondition;
  /** false: waited for only where something else brings it up. */
  readonly required?: boolean;
}

export interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string; readonly target: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly env_file?: readonly { readonly path: string; readonly required: boolean }[];
  readonly ports?: readonly string[];
  readonly expose?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, Dependency>>;
  readonly profiles?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly mem_limit?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly user?: string;
  readonly restart?: string;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

function composeText(): string {
  return readFileSync(join(projectRoot(), 'docker-compose.yml'), 'utf8');
}

/** Without the schema of the specification having been asked; a test does that. `env`: of `.env`, and of the shell. */
export function readComposeFile(env: Readonly<Record<string, string>> = {}): ComposeFile {
  const text = composeText().replace(
    /\$\{(\w+):-([^}]*)\}/g,
    (_all, name: string, otherwise: string) => env[name] || otherwise,
  );
  return parse(text, { merge: true }) as ComposeFile;
}

/** Services that a person gets with these profiles, each after those it depends on. */
export function startOrder(
  { services }: ComposeFile,
  profiles: readonly string[],
): readonly string[] {
  const order: string[] = [];
  const isChosen = (name: string) =>
    (services[name]?.profiles ?? []).every((profile) => profiles.includes(profile));
  const add = (name: string, path: readonly string[]): void => {
    if (order.includes(name)) return;
    if (path.includes(name)) throw new Error(`${[...path, name].join(' → ')} is a circle`);
    const service = services[name];
    if (service === undefined)
      throw new Error(`${path.at(-1)} depends on ${name}, which is missing`);
    for (const [other, { required = true }] of Object.entries(service.depends_on ?? {}))
      if (required || isChosen(other)) add(other, [...path, name]);
    order.push(name);
  };
  for (const name of Object.keys(services)) if (isChosen(name)) add(name, []);
  return order;
}

/** The ports a service listens on within the project. */
export function portsOf({ ports = [], expose = [] }: ComposeService): readonly number[] {
  const published = ports.map((text) => text.split(':').at(-1)!);
  return [...published, ...expose].map(Number);
}
