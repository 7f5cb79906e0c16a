/**
 * The kinds of values that a setting can have. Each knows how to read itself from text (an option, the
 * environment), how to write itself, and how to say what it expects.
 */

export interface Setting<T> {
  readonly kind: 'integer' | 'decimal' | 'duration' | 'bytes' | 'choice' | 'text' | 'list' | 'flag';
  readonly default: T;
  readonly help: string;
  /** What a value must be, to go behind "expected". */
  readonly expected: string;
  /** Taken from the environment only, never shown. */
  readonly secret: boolean;
  /** undefined where the text is no such value. */
  readonly read: (text: string) => T | undefined;
  /** Text that `read` gives back. */
  readonly write: (value: T) => string;
}

interface NumberDefinition {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly help: string;
}

const NUMBER = /^-?(\d+(\.\d+)?|\.\d+)(e-?\d+)?$/i;

function readNumber(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined;
}

function within(value: number | undefined, { min, max }: NumberDefinition): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

export function integer(definition: NumberDefinition): Setting<number> {
  const { min, max, help } = definition;
  const read = (text: string): number | undefined => {
    const value = within(readNumber(text), definition);
    return Number.isSafeInteger(value) ? value : undefined;
  };
  const expected = `a whole number from ${min} to ${max}`;
  const { default: byDefault } = definition;
  return {
    kind: 'integer',
    default: byDefault,
    help,
    expected,
    secret: false,
    read,
    write: String,
  };
}

export function decimal(definition: NumberDefinition): Setting<number> {
  const { min, max, help } = definition;
  return {
    kind: 'decimal',
    default: definition.default,
    help,
    expected: `a number from ${min} to ${max}`,
    secret: false,
    read: (text) => within(readNumber(text), definition),
    write: String,
  };
}

/** A part of a whole: 0.03, or 3%. */
export function share(definition: { readonly default: number; readonly help: string }) {
  const read = (text: string): number | undefined => {
    const percent = text.endsWith('%') ? readNumber(text.slice(0, -1).trimEnd()) : undefined;
    const value = percent === undefined ? readNumber(text) : percent / 100;
    return within(value, { ...definition, min: 0, max: 1 });
  };
  return {
    ...decimal({ ...definition, min: 0, max: 1 }),
    expected: 'a share from 0 to 1, such as 0.03 or 3%',
    read,
  };
}

interface Unit {
  readonly name: string;
  readonly size: number;
}

/** Largest first; names are compared without regard to case. */
const DURATION_UNITS: readonly Unit[] = [
  { name: 'd', size: 86_400_000 },
  { name: 'h', size: 3_600_000 },
  { name: 'min', size: 60_000 },
  { name: 's', size: 1000 },
  { name: 'ms', size: 1 },
];
const BYTE_UNITS: readonly Unit[] = [
  { name: 'GiB', size: 2 ** 30 },
  { name: 'GB', size: 1e9 },
  { name: 'MiB', size: 2 ** 20 },
  { name: 'MB', size: 1e6 },
  { name: 'KiB', size: 2 ** 10 },
  { name: 'KB', size: 1000 },
  { name: 'B', size: 1 },
];

function readWithUnit(text: string, units: readonly Unit[]): number | undefined {
  const [, digits = '', name = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text) ?? [];
  const unit = units.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (digits === '' || (name !== '' && unit === undefined)) return undefined;
  const value = Math.round(Number(digits) * (unit?.size ?? 1));
  return Number.isSafeInteger(value) ? value : undefined;
}

/** In the largest unit that leaves a whole number. */
function writeWithUnit(value: number, units: readonly Unit[]): string {
  const unit = units.find(({ size }) => value !== 0 && value % size === 0);
  return unit === undefined ? String(value) : `${value / unit.size}${unit.name}`;
}

function withUnit(
  kind: 'duration' | 'bytes',
  definition: NumberDefinition,
  units: readonly Unit[],
): Setting<number> {
  const write = (value: number): string => writeWithUnit(value, units);
  const named = kind === 'duration' ? 'a duration' : 'a number of bytes';
  const { default: byDefault, min, max, help } = definition;
  return {
    kind,
    default: byDefault,
    help,
    expected: `${named} from ${write(min)} to ${write(max)} (units ${units.map(({ name }) => name).join(', ')}; none: ${units.at(-1)?.name})`,
    secret: false,
    read: (text) => within(readWithUnit(text, units), definition),
    write,
  };
}

/** In milliseconds. */
export function duration(definition: NumberDefinition): Setting<number> {
  return withUnit('duration', definition, DURATION_UNITS);
}

export function bytes(definition: NumberDefinition): Setting<number> {
  return withUnit('bytes', definition, BYTE_UNITS);
}

export function choice<const C extends readonly string[]>(definition: {
  readonly values: C;
  readonly default: C[number];
  readonly help: string;
}): Setting<C[number]> {
  return {
    kind: 'choice',
    default: definition.default,
    help: definition.help,
    expected: `one of ${definition.values.join(', ')}`,
    secret: false,
    read: (text) => definition.values.find((value) => value === text),
    write: String,
  };
}

interface TextDefinition<T> {
  readonly default: T;
  readonly help: string;
  readonly secret?: boolean;
  /** The whole text must match, and what that means. */
  readonly pattern?: RegExp;
  readonly expected?: string;
}

export function text<T extends string | undefined>(
  definition: TextDefinition<T>,
): Setting<T extends string ? string : string | undefined> {
  const { pattern = /^.+$/s } = definition;
  return {
    kind: 'text',
    default: definition.default as string,
    help: definition.help,
    expected: definition.expected ?? 'a text that is not empty',
    secret: definition.secret ?? false,
    read: (value) => (pattern.test(value) ? value : undefined),
    write: (value) => value ?? '',
  } as Setting<T extends string ? string : string | undefined>;
}

/** Separated by commas. */
export function list(definition: TextDefinition<readonly string[]>): Setting<readonly string[]> {
  const { pattern = /^[^,]+$/ } = definition;
  const read = (value: string): readonly string[] | undefined => {
    const parts = value.split(',').map((part) => part.trim());
    return parts.every((part) => pattern.test(part)) ? parts : undefined;
  };
  return {
    kind: 'list',
    default: definition.default,
    help: definition.help,
    expected: definition.expected ?? 'a list separated by commas',
    secret: definition.secret ?? false,
    read,
    write: (value) => value.join(','),
  };
}

const TRUTHS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
};

export function flag(definition: { readonly default: boolean; readonly help: string }) {
  const read = (value: string): boolean | undefined => TRUTHS[value.toLowerCase()];
  const setting: Setting<boolean> = {
    kind: 'flag',
    ...definition,
    expected: 'true or false',
    secret: false,
    read,
    write: String,
  };
  return setting;
}
