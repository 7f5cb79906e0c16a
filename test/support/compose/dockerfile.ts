/** The Dockerfile as data, as far as a test needs it: stages and their instructions. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../src/compiled-path';

export interface Instruction {
  readonly name: string;
  readonly value: string;
}

export interface Stage {
  readonly name: string;
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

export function readDockerfile(): readonly Stage[] {
  const text = readFileSync(join(projectRoot(), 'Dockerfile'), 'utf8');
  const lines = text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line));
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [name = '', ...words] = line.split(' ');
    const value = words.join(' ');
    if (name === 'FROM') {
      const [from = '', , stage = ''] = words;
      stages.push({ name: stage, from, instructions: [] });
    } else stages.at(-1)!.instructions.push({ name, value });
  }
  return stages;
}

/** The stage itself and those it is built upon, the first one first. */
export function lineage(stages: readonly Stage[], name: string): readonly Stage[] {
  const stage = stages.find((one) => one.name === name);
  return stage === undefined ? [] : [...lineage(stages, stage.from), stage];
}

/** The last value of an instruction along a lineage; undefined: never given. */
export function lastOf(stages: readonly Stage[], name: string): string | undefined {
  return stages
    .flatMap(({ instructions }) => instructions)
    .filter((one) => one.name === name)
    .at(-1)?.value;
}

/** Variables set by ENV along a lineage. */
export function variablesOf(stages: readonly Stage[]): Readonly<Record<string, string>> {
  const pairs = stages
    .flatMap(({ instructions }) => instructions)
    .filter(({ name }) => name === 'ENV')
    .map(({ value }) => /^(\w+)=(.*)$/.exec(value)!);
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value]));
}
