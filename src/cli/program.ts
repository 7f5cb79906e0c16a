/** The `segue` program: one verb a command, each in its own file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { projectRoot } from '../compiled-path';
import { registerEvaluate } from './evaluate-command';
import { registerListen } from './listen-command';
import { registerLookCommands } from './look-commands';
import { registerModelCommands } from './model-commands';
import { registerReplay } from './replay-command';
import { registerRun } from './run-command';
import { registerStart } from './start-command';

export function buildProgram(): Command {
  const { version } = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  const program = new Command('segue')
    .description('Music recommendations that are never more than a moment old.')
    .version(version)
    .showHelpAfterError('(segue --help, or segue VERB --help, shows what can be said)')
    .exitOverride();
  registerRun(program);
  registerListen(program);
  registerLookCommands(program);
  registerModelCommands(program);
  registerReplay(program);
  registerStart(program);
  registerEvaluate(program);
  return program;
}
