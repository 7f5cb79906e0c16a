/** The `segue` program: one verb a command, each in its own file. */
import { Command } from 'commander';
import { programVersion } from '../compiled-path';
import { registerEvaluate } from './evaluate-command';
import { registerListen } from './listen-command';
import { registerLookCommands } from './look-commands';
import { registerModelCommands } from './model-commands';
import { registerReplay } from './replay-command';
import { registerRun } from './run-command';
import { registerSimulate } from './simulate-command';
import { registerStart } from './start-command';
import { registerStudy } from './study-command';
import { registerTrain } from './train-command';

export function buildProgram(): Command {
  const program = new Command('segue')
    .description('Music recommendations that are never more than a moment old.')
    .version(programVersion())
    .showHelpAfterError('(segue --help, or segue VERB --help, shows what can be said)')
    .exitOverride();
  registerRun(program);
  registerTrain(program);
  registerListen(program);
  registerLookCommands(program);
  registerModelCommands(program);
  registerReplay(program);
  registerStart(program);
  registerSimulate(program);
  registerEvaluate(program);
  registerStudy(program);
  return program;
}
