#!/usr/bin/env node
/**
 * The way in for `npm start`, `npm test` and `npx segue`, needing nothing but Node: installs the
 * packages of the lock file and builds what is missing or stale, then hands over.
 *
 *   bootstrap.cjs VERB …        runs the segue program
 *   bootstrap.cjs --run FILE …  runs another script of the tree (tests, benches, services)
 *   bootstrap.cjs --build       only installs and builds
 */
'use strict';
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.resolve(__dirname, '..');
const inRoot = (...parts) => path.join(ROOT, ...parts);
const BUILD_MARK = inRoot('dist', '.built');
const INSTALL_MARK = inRoot('node_modules', '.package-lock.json');
const SOURCES = [
  'src',
  'streams',
  'schemas',
  'test',
  'grafana',
  'tsconfig.json',
  'package-lock.json',
];
const IS_SOURCE = /\.(ts|avsc)$|(^|[/\\])(tsconfig|asconfig|package-lock)\.json$/;

function run(what, command, args) {
  process.stderr.write(`segue: ${what} …\n`);
  const done = spawnSync(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) {
    process.stderr.write(
      `segue: ${what} failed (${command} ${args.join(' ')}, exit code ${done.status})\n`,
    );
    process.exit(done.status || 1);
  }
}

const modifiedMs = (file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function newestSourceMs(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return IS_SOURCE.test(file) ? stat.mtimeMs : 0;
  // A folder's own time tells of deleted files.
  return fs
    .readdirSync(file)
    .filter((name) => name !== 'node_modules' && name !== '__pycache__')
    .reduce((newest, name) => Math.max(newest, newestSourceMs(path.join(file, name))), 0);
}

function install() {
  if (modifiedMs(INSTALL_MARK) >= modifiedMs(inRoot('package-lock.json'))) return;
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  process.stderr.write('segue: installing packages …\n');
  const clean = spawnSync('npm', ['ci', ...quiet], {
    cwd: ROOT,
    stdio: 'ignore',
    shell: process.platform === 'win32',
  });
  // `npm ci` refuses a lock file that lacks optional packages of other platforms, which some registries do not have;
  // `npm install` takes the same versions from the same lock file.
  if (clean.status !== 0) run('installing packages once more', 'npm', ['install', ...quiet]);
  const now = new Date();
  fs.utimesSync(INSTALL_MARK, now, now);
}

const newestOf = (names) =>
  names.reduce((ms, name) => Math.max(ms, newestSourceMs(inRoot(name))), 0);

/** Runs `make` unless it has run since the sources last changed; `mark` is the file that remembers it. */
function unlessFresh(mark, newestMs, make) {
  if (modifiedMs(mark) > newestMs) return;
  make();
  fs.writeFileSync(mark, '');
}

function build() {
  const tool = (name) => inRoot('node_modules', '.bin', name);
  unlessFresh(BUILD_MARK, newestOf(SOURCES), () => {
    run('compiling TypeScript', tool('tsc'), ['-p', 'tsconfig.json']);
    for (const area of fs.readdirSync(inRoot('src'))) {
      const kernels = path.join('src', area, 'kernels');
      const config = inRoot(kernels, 'asconfig.json');
      if (!fs.existsSync(config)) continue;
      // They take half a minute and change seldom, so they have a mark of their own.
      unlessFresh(`${BUILD_MARK}-${area}`, newestOf([kernels, 'package-lock.json']), () =>
        run(`compiling WASM kernels of ${area}`, tool('asc'), [
          ...['--config', config],
          ...['--target', 'release'],
        ]),
      );
    }
  });
}

install();
build();

const [first, ...rest] = process.argv.slice(2);
if (first === '--build') process.exit(0);
if (first === '--run') {
  process.argv = [process.argv[0], inRoot(rest[0]), ...rest.slice(1)];
  require(inRoot(rest[0]));
} else {
  require(inRoot('dist', 'src', 'cli', 'main.js'));
}
