/** `npm start`: the whole system in this process on simulated listeners (or a file), with a live view. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { sendListenFiles } from '../app/listen-sending';
import { type RunningProcess, startProcess } from '../app/running-process';
import { feedSimulatedListens, PAST_LISTENS } from '../app/simulated-feed';
import { type Clock, systemClock } from '../clock';
import {
  environmentName,
  type Options,
  readSettings,
  SETTING_NAMES,
  type SettingName,
  type Settings,
} from '../config';
import { pinoLogger } from '../logger';
import { addSettings, warnOfUnknownVariables } from './command-context';
import { LiveFigureReader } from './live-figures';
import { LiveView } from './live-view';
import { positiveInteger } from './option-values';
import { addReadingOptions, type ReadingFlags, readingOf } from './reading-options';
import type { LiveViewState, WatchedListener } from './render-live-view';
import { untilSignal } from './run-command';
import { WatchedList } from './watched-list';

/** What suits a demonstration better than the defaults; options and variables win over these. */
const DEMONSTRATION: Partial<Record<SettingName, string>> = {
  data: join('.segue', 'start'),
  'first-model-listens-min': '50000',
  'listeners-min': '5',
  'retrain-interval-min-ms': '2min',
  'retrain-growth-share': '0.1',
  'http-port': '0',
  'log-level': 'warn',
};

interface StartOptions extends Options, ReadingFlags {
  readonly listens?: string;
  readonly users: number;
  readonly rate: number;
  readonly seed: number;
  readonly seconds?: number;
}

export function registerStart(program: Command): void {
  const command = program
    .command('start')
    .description(
      'see it work: everything in this process, on simulated listeners, with a live view; Ctrl-C stops, started again it goes on',
    )
    .option('--listens <file>', 'listens from a file instead of simulated ones')
    .option('--users <number>', 'simulated listeners', positiveInteger, 600)
    .option('--rate <number>', 'listens a second', positiveInteger, 50)
    .option('--seed <number>', 'of the simulated world', positiveInteger, 1)
    .option('--seconds <number>', 'stop by itself after so many seconds', positiveInteger)
    .action(start);
  addReadingOptions(command);
  addSettings(command, SETTING_NAMES);
}

async function start(options: StartOptions): Promise<void> {
  const settings = demonstrationSettings(options);
  const view: { current?: LiveView } = {};
  const logger = pinoLogger({
    level: settings.logLevel,
    output: {
      write: (line) =>
        view.current === undefined ? process.stderr.write(line) : view.current.print(line),
    },
  });
  warnOfUnknownVariables(logger);
  const running = await startProcess(settings, logger);
  const stopped = untilSignal();
  view.current = new LiveView({
    state: liveState(running),
    output: process.stdout,
    clock: systemClock,
  });
  view.current.start();
  const ended = new AbortController();
  const feeding = feed(running, options, settings, ended.signal);
  await Promise.race([
    stopped,
    running.failed,
    ...(options.seconds === undefined ? [] : [after(systemClock, options.seconds)]),
  ]);
  ended.abort();
  await feeding;
  view.current.stop();
  await running.stop();
  process.stdout.write(`stopped; \`npm start\` goes on where it was (${settings.data})\n`);
}

function demonstrationSettings(options: StartOptions): Settings {
  const given = Object.fromEntries(
    Object.entries(DEMONSTRATION).map(([name, value]) => [
      environmentName(name as SettingName),
      value,
    ]),
  );
  return readSettings(options, { ...given, ...process.env });
}

async function feed(
  running: RunningProcess,
  options: StartOptions,
  settings: Settings,
  signal: AbortSignal,
): Promise<void> {
  const { broker, process: streams } = running;
  if (options.listens !== undefined) {
    await sendListenFiles(
      {
        files: [options.listens],
        ...readingOf(options),
      },
      {
        broker,
        topics: streams.topics,
        codecs: streams.runner.codecs,
        settings,
        clock: systemClock,
        signal,
      },
    );
    return;
  }
  const topic = streams.topics.listens;
  await feedSimulatedListens({
    broker,
    topic,
    codec: streams.runner.codecs.of(topic),
    clock: systemClock,
    seed: options.seed,
    users: options.users,
    listensPerSecond: options.rate,
    pastListens: PAST_LISTENS,
    signal,
  });
}

/** The figures of the meter, and the list of some user. */
function liveState({ meter, url, process: streams }: RunningProcess): () => LiveViewState {
  const figures = new LiveFigureReader(meter, systemClock, streams.topics.listens.name);
  const watched = new WatchedList(systemClock);
  let user: string | undefined;
  return () => {
    if (user === undefined)
      void streams
        .someUser()
        .then((found) => (user = found))
        .catch(() => undefined);
    return {
      ...figures.read(),
      url,
      modelActivity: streams.modelActivity(),
      watched: user === undefined ? undefined : watch(watched, streams, user),
    };
  };
}

function watch(
  watched: WatchedList,
  streams: RunningProcess['process'],
  user: string,
): WatchedListener | undefined {
  const list = streams.ownList(user)?.list;
  if (list === undefined) return undefined;
  return watched.show({
    user,
    kind: list.kind.toLowerCase(),
    generation: list.generation ?? undefined,
    newestListen: undefined,
    tracks: list.tracks.map((track) => ({
      id: track.track_id,
      artist: track.artist_name,
      title: track.track_name || track.track_id,
    })),
  });
}

function after(clock: Clock, seconds: number): Promise<string> {
  return new Promise((resolve) => clock.schedule(seconds * 1000, () => resolve('time is over')));
}
