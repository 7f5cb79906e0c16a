/**
 * Settings from options, else the environment, else their defaults. The only file that reads the environment.
 *
 * All that is wrong is told at once, each with what was expected, what came and what to do.
 */
import { SegueError } from './errors';
import type { Setting } from './settings/setting-kinds';
import { SETTINGS } from './settings/setting-table';

type Table = typeof SETTINGS;
export type SettingName = keyof Table;

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** `step-interval-ms` is the field `stepIntervalMs`. */
export type Settings = {
  readonly [N in SettingName as CamelCase<N>]: Table[N] extends Setting<infer T> ? T : never;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** As a command line gives them: by field name; text, numbers, or true and false for flags. */
export type Options = Readonly<Record<string, unknown>>;

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

export function fieldName(name: string): string {
  return name.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
}

export function environmentName(name: string): string {
  return `SEGUE_${name.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * The settings, frozen. Options that are no settings are left alone, secrets are taken from the environment
 * only (a command line is seen by everybody on the machine); an empty variable counts as absent.
 * Throws SETTING_INVALID, with a line for each setting that is wrong.
 */
export function readSettings(
  options: Options = {},
  environment: Environment = process.env,
): Settings {
  const faults: string[] = [];
  const fields = SETTING_NAMES.map((name) => [
    fieldName(name),
    readSetting(name, { options, environment, faults }),
  ]);
  const settings = Object.freeze(Object.fromEntries(fields)) as Settings;
  if (faults.length === 0) faults.push(...contradictions(settings));
  if (faults.length > 0) throw new SegueError('SETTING_INVALID', faults.join('\n'));
  return settings;
}

/**
 * `base` with some settings given by name, as a retrain request carries them. Throws SETTING_INVALID for an unknown
 * name, a secret or a value that cannot be.
 */
export function overrideSettings(
  base: Settings,
  overrides: Readonly<Record<string, string>>,
): Settings {
  const fields: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(overrides)) {
    const setting = (SETTINGS as Readonly<Record<string, Setting<unknown>>>)[name];
    const value = setting === undefined || setting.secret ? undefined : setting.read(text);
    if (value === undefined) {
      const expected = setting?.expected ?? 'the name of a setting that is no secret';
      throw new SegueError(
        'SETTING_INVALID',
        `${name}: expected ${expected}, but ${JSON.stringify(text)} came; correct it or leave it out.`,
      );
    }
    fields[fieldName(name)] = value;
  }
  return Object.freeze({ ...base, ...fields });
}

const FAULT_POINT_VARIABLE = 'SEGUE_FAULT_POINT';

/** Where to end on purpose, for campaigns of crashes (fault-points.ts); no setting, since nobody wants it otherwise. */
export function faultPointVariable(environment: Environment = process.env): string | undefined {
  return environment[FAULT_POINT_VARIABLE];
}

/** Variables that look like settings and are none: most likely misspelt. */
export function unknownVariables(environment: Environment = process.env): readonly string[] {
  const known = new Set([...SETTING_NAMES.map(environmentName), FAULT_POINT_VARIABLE]);
  return Object.keys(environment).filter((name) => name.startsWith('SEGUE_') && !known.has(name));
}

interface Sources {
  readonly options: Options;
  readonly environment: Environment;
  readonly faults: string[];
}

function readSetting(name: SettingName, { options, environment, faults }: Sources): unknown {
  const setting = SETTINGS[name] as Setting<unknown>;
  const option = setting.secret ? undefined : options[fieldName(name)];
  const variable = environmentName(name);
  const source = option === undefined ? variable : `--${name}`;
  const raw = option ?? environment[variable];
  if (raw === undefined || (option === undefined && raw === '')) return setting.default;
  const value = setting.read(Array.isArray(raw) ? raw.join(',') : String(raw).trim());
  if (value === undefined) faults.push(fault(setting, source, String(raw)));
  return value;
}

function fault(setting: Setting<unknown>, source: string, came: string): string {
  const shown = setting.secret ? 'something else (not shown)' : JSON.stringify(came);
  const { default: byDefault } = setting;
  const rest = byDefault === undefined ? '' : ` (default ${setting.write(byDefault) || 'none'})`;
  return `${source}: expected ${setting.expected}, but ${shown} came; correct it or leave it out${rest}.`;
}

/** What is right by itself and wrong together. */
function contradictions(settings: Settings): readonly string[] {
  const faults: string[] = [];
  const { saslMechanism, saslUsername, saslPassword } = settings;
  if (saslMechanism !== 'none' && (saslUsername === undefined || saslPassword === undefined))
    faults.push(
      '--sasl-mechanism: expected a name and a password with it, but one is missing; ' +
        'give --sasl-username and SEGUE_SASL_PASSWORD.',
    );
  if ((settings.sslCertFile === undefined) !== (settings.sslKeyFile === undefined))
    faults.push(
      '--ssl-cert-file, --ssl-key-file: expected both or none, but one came; give the other too.',
    );
  if (settings.perArtistMax > settings.perArtistWindow)
    faults.push(
      `--per-artist-max: expected at most --per-artist-window (${settings.perArtistWindow}), ` +
        `but ${settings.perArtistMax} came; use 0 for no bound.`,
    );
  if (settings.popularDepth < settings.listLength)
    faults.push(
      `--popular-depth: expected at least --list-length (${settings.listLength}), ` +
        `but ${settings.popularDepth} came; raise it.`,
    );
  return faults;
}
