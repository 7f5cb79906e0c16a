/** The rules of the house, in the normal run. An exception stands here by name; the lists may only shrink. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { projectRoot } from '../src/compiled-path';

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const ROOT = projectRoot();

function filesUnder(folder: string, ending: RegExp): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory())
      return name === 'node_modules' || name === 'dist' ? [] : filesUnder(path, ending);
    return ending.test(name) ? [path] : [];
  });
}

/** Imported modules; those of the tree as paths from its root, without ending. */
function importsOf(path: string, text: string): string[] {
  const found = [...text.matchAll(/(?:from|import\(?|require\()\s*['"]([^'"]+)['"]/g)].map(
    (match) => match[1]!,
  );
  return found.map((name) =>
    name.startsWith('.') ? relative(ROOT, resolve(dirname(path), name)) : name,
  );
}

const SOURCES: readonly SourceFile[] = ['src', 'streams', 'schemas', 'test']
  .flatMap((folder) => filesUnder(join(ROOT, folder), /\.ts$/))
  .map((path) => {
    const text = readFileSync(path, 'utf8');
    return { path: relative(ROOT, path), text, imports: importsOf(path, text) };
  });

const under = (...folders: string[]) =>
  SOURCES.filter(({ path }) => folders.some((folder) => path.startsWith(folder)));
const isKernel = ({ path }: SourceFile) => /^src\/\w+\/kernels\/assembly\//.test(path);

/** `file: what` for every import that `isForbidden`. */
function offences(files: readonly SourceFile[], isForbidden: (name: string) => boolean): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.filter(isForbidden).map((name) => `${path}: ${name}`),
  );
}

function textOffences(
  files: readonly SourceFile[],
  pattern: RegExp,
  except: readonly string[] = [],
): string[] {
  return files
    .filter(({ path }) => !except.includes(path))
    .flatMap(({ path, text }) => {
      const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
      return pattern.test(code) ? [`${path}: ${pattern.exec(code)![0]}`] : [];
    });
}

describe('imports', () => {
  it('keep streams/ free of adapters, client libraries and processes', () => {
    const adapters =
      /^src\/(broker\/(kafka|embedded|shared)|schema-registry\/(confluent|embedded)|telemetry\/prometheus|store\/level|app|cli|http)/;
    const libraries =
      /^(kafkajs|classic-level|memory-level|prom-client|pino|commander|(node:)?(child_process|worker_threads|cluster|net|http))/;
    expect(
      offences(under('streams/'), (name) => adapters.test(name) || libraries.test(name)),
    ).toEqual([]);
  });

  it('keep src/ free of streams/, except where everything is composed and the commands', () => {
    const inner = under('src/').filter(({ path }) => !/^src\/(app|cli)\//.test(path));
    expect(offences(inner, (name) => name.startsWith('streams/'))).toEqual([]);
  });

  it('keep the engine free of adapters', () => {
    expect(
      offences(under('src/engine/'), (name) =>
        /^src\/(app|cli|http|als|ranking|training|evaluation)|broker\/(kafka|embedded)|prometheus/.test(
          name,
        ),
      ),
    ).toEqual([]);
  });

  it('give each third-party library one importing folder', () => {
    const homes: Readonly<Record<string, RegExp>> = {
      kafkajs: /^src\/broker\/kafka\//,
      '@kafkajs/confluent-schema-registry': /^src\/schema-registry\//,
      avsc: /^src\/schema-registry\//,
      'classic-level': /^src\/store\//,
      'memory-level': /^src\/store\//,
      'prom-client': /^src\/telemetry\//,
      pino: /^src\/logger\.ts$/,
      commander: /^src\/cli\//,
      uuid: /^streams\/by-user\//,
      'tar-stream': /^streams\/listen-files\//,
      fzstd: /^streams\/listen-files\//,
      'xz-decompress': /^streams\/listen-files\//,
      hyparquet: /^streams\/listen-files\//,
      'hyparquet-compressors': /^streams\/listen-files\//,
      vega: /^src\/study\/report\//,
      'vega-lite': /^src\/study\/report\//,
    };
    const product = under('src/', 'streams/');
    const astray = product.flatMap(({ path, imports }) =>
      imports
        .filter((name) => homes[name] !== undefined && !homes[name].test(path))
        .map((name) => `${path}: ${name}`),
    );
    expect(astray).toEqual([]);
  });

  it('form no barrels', () => {
    expect(
      SOURCES.filter((file) => /(^|\/)index\.ts$/.test(file.path) && !isKernel(file)).map(
        ({ path }) => path,
      ),
    ).toEqual([]);
  });
});

describe('time, chance and the environment', () => {
  const product = under('src/', 'streams/').filter((file) => !isKernel(file));

  it('are read in one file each', () => {
    expect(textOffences(product, /\bDate\.now\(|\bperformance\.now\(/, ['src/clock.ts'])).toEqual(
      [],
    );
    expect(textOffences(product, /\bMath\.random\(/, ['src/random.ts'])).toEqual([]);
    expect(
      textOffences(product, /\b(setTimeout|setInterval|setImmediate)\(/, ['src/clock.ts']),
    ).toEqual([]);
    expect(
      textOffences(product, /\bprocess\.env\b/, ['src/config.ts', 'src/cli/start-command.ts']),
    ).toEqual([]);
  });
});

describe('style', () => {
  it('keeps files short', () => {
    const exceptions: Readonly<Record<string, number>> = {
      'test/streams/listen-files/read-listens.test.ts': 310,
    };
    const long = SOURCES.filter(
      ({ path, text }) =>
        path !== 'schemas/records.ts' && text.split('\n').length > (exceptions[path] ?? 301),
    );
    expect(long.map(({ path, text }) => `${path}: ${text.split('\n').length} lines`)).toEqual([]);
  });

  it('has no default exports, no any, no leftover notes', () => {
    const own = SOURCES.filter(({ path }) => path !== 'test/tidy.test.ts');
    expect(
      textOffences(
        own.filter((file) => !isKernel(file)),
        /\bexport default\b/,
      ),
    ).toEqual([]);
    expect(
      own.filter(({ text }) => /\b(FIXME|TODO|XXX)\b/.test(text)).map(({ path }) => path),
    ).toEqual([]);
    expect(
      own
        .filter(({ text }) => /\b(it|test|describe)\.(skip|only|todo)\b/.test(text))
        .map(({ path }) => path),
    ).toEqual([]);
  });

  it('names no folder of a machine', () => {
    const own = SOURCES.filter(({ path }) => path !== 'test/tidy.test.ts');
    expect(
      own
        .filter(({ text }) => /(^|[^\w.-])\/(work|root|home)\//m.test(text))
        .map(({ path }) => path),
    ).toEqual([]);
  });

  it('opens each source file of src/ and streams/ with what it is for, or one that its name says alone', () => {
    const silent = under('src/', 'streams/').filter(
      (file) => !isKernel(file) && !file.text.includes('/**') && file.text.split('\n').length > 40,
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });
});

describe('error codes', () => {
  it('are each used by the program', () => {
    const table = SOURCES.find(({ path }) => path === 'src/errors.ts')!;
    const codes = [...table.text.matchAll(/^ {2}([A-Z_]+):/gm)].map((match) => match[1]!);
    const used = under('src/', 'streams/')
      .filter(({ path }) => path !== 'src/errors.ts')
      .map(({ text }) => text)
      .join('\n');
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !used.includes(`'${code}'`))).toEqual([]);
  });
});
