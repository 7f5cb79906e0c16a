/** `segue retrain` and `segue rollback`: the model's life by hand. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Options } from '../config';
import {
  addSettings,
  PLACE_OPTIONS,
  print,
  printJson,
  withAdministration,
} from './command-context';
import { modelLine } from './model-lines';
import { withOwnProcess } from './own-process';

/** What a retrain is done by; given with a request, it travels along. */
export const TRAINING_OPTIONS = [
  'als-rule',
  'factors',
  'alpha',
  'lambda',
  'nu',
  'epochs',
  'retrain-tolerance',
  'search-candidates',
  'holdout-share',
  'gate-tolerance',
  'challenger-share',
  'trainer',
  'trainer-threads',
  'spark-master',
  'filter-rule',
  'top-share',
  'listeners-min',
  'tracks-min',
] as const;

export function registerModelCommands(program: Command): void {
  const retrain = program
    .command('retrain')
    .description('train a new generation, compare it with the reigning one, and hand over')
    .option('--no-wait', 'only ask; do not wait for the answer')
    .option('--json', 'one JSON object')
    .action(askForRetrain);
  addSettings(retrain, [...PLACE_OPTIONS, ...TRAINING_OPTIONS]);
  const rollback = program
    .command('rollback [generation]')
    .description(
      'make an earlier generation serve again; without a number, end the challenger, or go to the one before',
    )
    .option('--json', 'one JSON object')
    .action(rollBack);
  const promote = program
    .command('promote')
    .description('make the challenger, which serves a share of the users, serve everybody')
    .option('--json', 'one JSON object')
    .action(promoteChallenger);
  for (const command of [rollback, promote]) addSettings(command, PLACE_OPTIONS);
}

const WAIT_MS_MAX = 24 * 60 * 60 * 1000;

/** Settings given here travel with the request, so that whoever trains obeys them. */
function requestSettings(options: Options): Record<string, string> {
  const given = TRAINING_OPTIONS.map((name) => [name, options[camel(name)]] as const);
  return Object.fromEntries(
    given.filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]),
  );
}

async function askForRetrain(options: Options): Promise<void> {
  await withOwnProcess(options, () =>
    withAdministration(options, async ({ administration }) => {
      const offset = await administration.requestRetrain(requestSettings(options));
      if (options['wait'] === false) {
        if (options['json'] === true) printJson({ requested: offset });
        else print('asked for; `segue models` shows when it is there');
        return;
      }
      const answer = await administration.answerTo(offset, WAIT_MS_MAX);
      const isServing = answer?.state === 'PROMOTED' || answer?.state === 'CHALLENGER';
      if (!isServing) process.exitCode = 1;
      if (answer === undefined) return;
      const { gramian: _g, user_gramian: _u, ...rest } = answer;
      if (options['json'] === true) printJson(rest);
      else print(modelLine(answer));
    }),
  );
}

async function promoteChallenger(options: Options): Promise<void> {
  await withAdministration(options, async ({ administration }) => {
    const { generation, state } = await administration.promoteChallenger();
    if (options['json'] === true) printJson({ generation, state });
    else print(`generation ${generation} serves`);
  });
}

async function rollBack(generation: string | undefined, options: Options): Promise<void> {
  const wanted = generation === undefined ? undefined : Number(generation);
  if (wanted !== undefined && !Number.isInteger(wanted))
    throw new InvalidArgumentError(`expected the number of a generation, got ${generation}`);
  await withAdministration(options, async ({ administration }) => {
    const manifest = await administration.rollBack(wanted);
    if (options['json'] === true)
      printJson({ generation: manifest.generation, state: manifest.state });
    else print(`generation ${manifest.generation} serves`);
  });
}

function camel(name: string): string {
  return name.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
}
