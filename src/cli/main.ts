/** Entry of the `segue` program. */
import { CommanderError } from 'commander';
import { describeError } from './command-context';
import { buildProgram } from './program';

export async function main(args: readonly string[]): Promise<void> {
  try {
    await buildProgram().parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode;
      return;
    }
    process.stderr.write(`segue: ${describeError(error)}\n`);
    process.exitCode = 1;
  }
}

// A reader that has seen enough, such as `head`, is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

void main(process.argv.slice(2));
