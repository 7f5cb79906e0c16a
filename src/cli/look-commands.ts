/** `segue recommend`, `stats`, `models`, `topology`, `topics`: looking at what is there. */
import type { Command } from 'commander';
import type { Model, Recommendations, RecommendedTrack } from '../../schemas/records';
import type { ExplainedTrack } from '../../streams/explanation';
import { describeTopology } from '../app/describe-topology';
import type { Options } from '../config';
import {
  addSettings,
  PLACE_OPTIONS,
  print,
  printJson,
  withAdministration,
} from './command-context';
import { modelTable } from './model-lines';

export function registerLookCommands(program: Command): void {
  const recommend = program
    .command('recommend <user>')
    .description("print a user's list with the reasons")
    .option('--explain', 'all contributions of the own tracks to each score')
    .option('--json', 'one JSON object')
    .action(recommendTo);
  const stats = program
    .command('stats')
    .description('print all counts, the filter and the tables')
    .option('--json', 'one JSON object')
    .action(showStatistics);
  const models = program
    .command('models')
    .description('print the generations of the model')
    .option('--json', 'one JSON object a line')
    .action(showModels);
  const topics = program
    .command('topics')
    .description('make the topics and register the schemas where they are missing; print them')
    .option('--json', 'one JSON object a line')
    .action(showTopics);
  for (const command of [recommend, models, topics]) addSettings(command, PLACE_OPTIONS);
  addSettings(stats, [...PLACE_OPTIONS, 'filter-rule', 'top-share', 'listeners-min', 'tracks-min']);
  program
    .command('topology')
    .description('print the path of a listen')
    .option('--format <format>', 'text or mermaid', 'text')
    .action(({ format }: { format: string }) => print(describeTopology(format)));
}

/** Opening the administration makes what is missing. */
async function showTopics(options: Options): Promise<void> {
  await withAdministration(options, async ({ administration: { broker, topics } }) => {
    for (const { name, cleanup } of Object.values(topics)) {
      const { length: partitions } = await broker.ranges(name);
      if (options['json'] === true) printJson({ name, partitions, cleanup });
      else
        print(
          `${name}: ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}, ${cleanup}`,
        );
    }
  });
}

async function recommendTo(user: string, options: Options): Promise<void> {
  await withAdministration(options, async ({ administration }) => {
    const list = await administration.recommendations(user);
    if (list === undefined) {
      process.exitCode = 1;
      print(
        options['json'] === true
          ? JSON.stringify({ user, list: null })
          : `no list has been published for user ${user}; they need a listen first`,
      );
      return;
    }
    const explained = options['explain'] === true ? await administration.explain(user, list) : [];
    if (options['json'] === true)
      printJson({ user, ...list, ...(explained.length > 0 ? { explained } : {}) });
    else for (const line of listLines(user, list, explained)) print(line);
  });
}

function listLines(
  user: string,
  list: Recommendations,
  explained: readonly ExplainedTrack[],
): string[] {
  const from =
    list.kind === 'PERSONAL'
      ? `personal, generation ${list.generation}`
      : 'popular: too few known tracks for a personal list';
  const names = new Map(
    explained.flatMap(({ contributions }) =>
      contributions.map((one) => [one.trackId, title(one.artistName, one.trackName, one.trackId)]),
    ),
  );
  return [
    `${user}: ${from}; knows ${list.listens} listens, published ${new Date(list.published_at).toISOString()}`,
    ...list.tracks.flatMap((track, place) => [
      trackLine(track, place, names),
      ...reasonLines(explained[place]),
    ]),
  ];
}

function trackLine(
  track: RecommendedTrack,
  place: number,
  names: ReadonlyMap<string, string>,
): string {
  const because =
    track.because === null ? '' : `  because of ${names.get(track.because) ?? track.because}`;
  return `${String(place + 1).padStart(3)}. ${title(track.artist_name, track.track_name, track.track_id)}  ${track.score.toPrecision(4)}${because}`;
}

function reasonLines(explained: ExplainedTrack | undefined): string[] {
  if (explained === undefined) return [];
  const sum = explained.contributions.reduce((total, { contribution }) => total + contribution, 0);
  return [
    ...explained.contributions.map(
      (one) =>
        `       ${one.contribution >= 0 ? '+' : ''}${one.contribution.toFixed(5)}  ${title(one.artistName, one.trackName, one.trackId)} (${one.plays} plays)`,
    ),
    `       =${sum.toFixed(5)}`,
  ];
}

function title(artist: string, track: string, id: string): string {
  if (track === '') return id;
  return artist === '' ? track : `${artist} – ${track}`;
}

async function showStatistics(options: Options): Promise<void> {
  await withAdministration(options, async ({ administration }) => {
    const found = await administration.statistics();
    if (options['json'] === true) {
      printJson(found);
      return;
    }
    for (const [name, value] of Object.entries(found)) {
      print(
        typeof value === 'object' && value !== null
          ? `${name}: ${JSON.stringify(value)}`
          : `${name}: ${value}`,
      );
    }
  });
}

async function showModels(options: Options): Promise<void> {
  await withAdministration(options, async ({ administration }) => {
    const { manifests } = await administration.directory();
    const slotsOf = await administration.servingSlots();
    if (options['json'] === true) {
      for (const manifest of manifests)
        printJson({ ...withoutBytes(manifest), slots: slotsOf.get(manifest.generation) ?? [] });
    } else if (manifests.length === 0) print('no generation yet; `segue retrain` asks for one');
    else for (const line of modelTable(manifests, slotsOf)) print(line);
  });
}

function withoutBytes({ gramian: _gramian, user_gramian: _userGramian, ...rest }: Model): object {
  return rest;
}
