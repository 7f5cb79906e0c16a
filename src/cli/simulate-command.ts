/** `segue simulate`: made-up listeners who send listens to a running system until stopped. */
import type { Command } from 'commander';
import { feedSimulatedListens, PAST_LISTENS } from '../app/simulated-feed';
import { keepAliveWhile, systemClock } from '../clock';
import type { Options } from '../config';
import { addSettings, PLACE_OPTIONS, print, withAdministration } from './command-context';
import { positiveInteger } from './option-values';
import { untilSignal } from './run-command';

interface SimulateOptions extends Options {
  readonly users: number;
  readonly rate: number;
  readonly seed: number;
  readonly past: number;
  readonly retrain?: boolean;
}

export function registerSimulate(program: Command): void {
  const command = program
    .command('simulate')
    .description(
      'send listens of simulated listeners to what `segue run` runs: a past where there is none yet, then the present, until stopped',
    )
    .option('--users <number>', 'simulated listeners', positiveInteger, 600)
    .option('--rate <number>', 'listens a second', positiveInteger, 50)
    .option('--seed <number>', 'of the simulated world', positiveInteger, 1)
    .option('--past <number>', 'listens of the past', positiveInteger, PAST_LISTENS)
    .option('--retrain', 'ask for a model of the past once it is counted')
    .action(simulate);
  addSettings(command, PLACE_OPTIONS);
}

async function simulate(options: SimulateOptions): Promise<void> {
  const stopped = new AbortController();
  void untilSignal().then(() => stopped.abort());
  await withAdministration(options, ({ administration }) => {
    const { broker, topics, codecs } = administration;
    const topic = topics.listens;
    print(`sending about ${options.rate} listens a second to ${topic.name}`);
    return keepAliveWhile(
      feedSimulatedListens({
        broker,
        topic,
        codec: codecs.of(topic),
        clock: systemClock,
        seed: options.seed,
        users: options.users,
        listensPerSecond: options.rate,
        pastListens: options.past,
        onPastSent: async () => {
          if (options.retrain !== true) return;
          await administration.untilCounted(stopped.signal);
          await administration.requestRetrain();
        },
        signal: stopped.signal,
      }),
    );
  });
}
