/**
 * Where a container of the compose file is when it runs as a plain process: its ports are free ones of this machine,
 * its mounts a folder of its own. Everything else stays as the file says; only addresses and paths are translated.
 */
import { cpSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { projectRoot } from '../../../src/compiled-path';
import { freePorts } from '../services/free-ports';
import { type ComposeFile, type ComposeService, portsOf } from './compose-file';

/** `segue-2`: the second container of the service segue. */
export interface Container {
  readonly name: string;
  readonly service: string;
  readonly spec: ComposeService;
  /** Port within the container → port on this machine. */
  readonly ports: ReadonlyMap<number, number>;
  /** What the container sees as its root, as far as something is mounted there. */
  readonly root: string;
}

/** Changes a mounted file's text on its way into the container, such as names that only a network of its own resolves. */
export type Rewrite = (hostPath: string, text: string) => string;

export async function placeContainer(
  place: { readonly service: string; readonly number: number; readonly folder: string },
  { services }: ComposeFile,
): Promise<Container> {
  const spec = services[place.service]!;
  const inner = portsOf(spec);
  const free = await freePorts(inner.length);
  const name = `${place.service}-${place.number}`;
  const root = join(place.folder, name);
  mkdirSync(root, { recursive: true });
  return {
    name,
    service: place.service,
    spec,
    ports: new Map(inner.map((port, index) => [port, free[index]!])),
    root,
  };
}

/** Makes the mounts: named volumes are folders that containers share, files of the project are copied. */
export function mount({ spec, root }: Container, volumeFolder: string, rewrite: Rewrite): void {
  for (const text of spec.volumes ?? []) {
    const [source, target] = partsOf(text);
    const inside = join(root, target);
    mkdirSync(dirname(inside), { recursive: true });
    if (source === undefined) {
      mkdirSync(inside);
      continue;
    }
    if (!source.startsWith('.')) {
      const volume = join(volumeFolder, source);
      mkdirSync(volume, { recursive: true });
      symlinkSync(volume, inside);
      continue;
    }
    const outside = resolve(projectRoot(), source);
    if (statSync(outside).isDirectory()) cpSync(outside, inside, { recursive: true });
    else writeFileSync(inside, rewrite(outside, readFileSync(outside, 'utf8')));
  }
}

/** Where a volume comes from, undefined for one of the container's own, and where it is mounted. */
export function partsOf(volume: string): readonly [string | undefined, string] {
  const [first = '', second] = volume.split(':');
  return second === undefined ? [undefined, first] : [first, second];
}

/** Translates the addresses and paths in a value that `of` is given. */
export function translate(value: string, of: Container, all: readonly Container[]): string {
  let text = value;
  // The name of one that is listened to, alone.
  if (all.some(({ service, ports }) => service === text && ports.size > 0)) return '127.0.0.1';
  for (const other of all.filter(({ name }) => name.endsWith('-1')))
    for (const [inner, outer] of other.ports)
      text = text.replaceAll(
        new RegExp(`(?<![\\w.-])${other.service}:${inner}(?!\\d)`, 'g'),
        `127.0.0.1:${outer}`,
      );
  for (const [inner, outer] of of.ports) {
    if (text === String(inner)) return String(outer);
    text = text.replaceAll(
      new RegExp(
        `(?<![\\w.-])(?:0\\.0\\.0\\.0|127\\.0\\.0\\.1|localhost)([:/])${inner}(?!\\d)`,
        'g',
      ),
      `127.0.0.1$1${outer}`,
    );
  }
  if (text === '0.0.0.0') return '127.0.0.1';
  for (const volume of of.spec.volumes ?? []) {
    const [, target] = partsOf(volume);
    text = text.replaceAll(
      new RegExp(`(?<![\\w/.-])${target}(?![\\w-])`, 'g'),
      join(of.root, target),
    );
  }
  return text;
}
