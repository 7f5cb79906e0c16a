import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that holds package.json, whether this runs from the sources (tests) or from dist/. */
export function projectRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

export function programVersion(): string {
  const { version } = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/**
 * Where the build puts a file: `compiledPath('src/als/train-worker.js')`. Worker threads and WASM are
 * always loaded from there, also under jest, which itself runs the TypeScript sources.
 */
export function compiledPath(relative: string): string {
  return join(projectRoot(), 'dist', relative);
}
