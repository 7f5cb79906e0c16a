/**
 * The whole path of a listen, top to bottom. Start reading here; each processor is the file of its name.
 */
import type {
  Filter,
  Listen,
  ListenerChange,
  ListenerCount,
  ListenerFactors,
} from '../schemas/records';
import type { InputRecord } from '../src/engine/processor';
import {
  Chain,
  type ProgressValue,
  type TableDefinition,
  type Topic,
  type Topology,
  TopologyBuilder,
} from '../src/engine/topology';
import { askListeners } from './by-track/ask-listeners';
import { countListeners } from './by-track/count-listeners';
import { rankPopularTracks } from './by-track/rank-popular-tracks';
import { solveFactors } from './by-track/solve-factors';
import { checkCounts } from './by-user/check-counts';
import { cleanListens } from './by-user/clean-listen';
import { foldInUser } from './by-user/fold-in-user';
import { keepHistory } from './by-user/keep-history';
import { publishRecommendations } from './by-user/publish-recommendations';
import { recommendTracks } from './by-user/recommend-tracks';
import { scorePrediction } from './by-user/score-prediction';
import { type UserStores, userStores } from './by-user/stores';
import { tellFactors } from './by-user/tell-factors';
import { requestRetrain } from './control/request-retrain';
import { setThreshold } from './control/set-threshold';
import { Coverage } from './model/coverage';
import { exportFigures, type Figures } from './model/export-figures';
import { loadModel, type ModelLoader } from './model/load-model';
import type { PopularList } from './model/popular-list';
import type { RetrainRequests } from './model/retrain-requests';
import type { StreamSettings } from './stream-settings';
import type { SegueTopics } from './topics';

export interface TopologyParts {
  readonly topics: SegueTopics;
  readonly settings: StreamSettings;
  readonly loader: ModelLoader;
  readonly popular: PopularList;
  readonly requests: RetrainRequests;
  readonly figures: Figures;
}

/** The tables and local stores, for those who read them from outside. */
export interface SegueStores extends UserStores {
  readonly listenerCounts: TableDefinition<ListenerCount>;
  readonly filter: TableDefinition<Filter>;
}

export function segueStores(topics: SegueTopics): SegueStores {
  return {
    ...userStores(topics),
    listenerCounts: { name: 'listener-counts', prefix: 'c', topic: topics.listenerCounts },
    filter: { name: 'filter', prefix: 't', topic: topics.filter },
  };
}

export function segueTopology({
  topics,
  settings,
  loader,
  popular,
  requests,
  figures,
}: TopologyParts): Topology {
  const stores = segueStores(topics);
  const serving = {
    model: () => loader.serving,
    modelFor: (user: string) => loader.modelFor(user),
    challenger: () => loader.challenger,
    popular,
  };
  const { newTracks, directory } = loader;

  const byUser = Chain.from<InputRecord<Listen>>()
    .processor(cleanListens())
    .processor(keepHistory(topics, stores, { entriesMax: settings.historyEntriesMax }))
    .processor(checkCounts(stores))
    .processor(scorePrediction(stores, serving))
    .processor(tellFactors(topics, stores, { ...serving, ...settings, newTracks }))
    .processor(foldInUser(stores, serving, settings))
    .processor(recommendTracks(popular, settings))
    .processor(publishRecommendations(topics, stores, new Coverage()));

  const byTrack = Chain.from<InputRecord<ListenerChange>>()
    .processor(countListeners(stores.listenerCounts, { usersMax: settings.newTrackListenersMax }))
    .processor(
      askListeners(topics, stores.listenerCounts, {
        newTracks,
        model: serving.model,
        manifest: (generation) => directory.manifest(generation),
        threshold: () => figures.filter?.threshold,
      }),
    )
    .processor(rankPopularTracks(topics, stores.listenerCounts, settings));

  const newTrack = Chain.from<InputRecord<ListenerFactors>>().processor(
    solveFactors(topics, stores.listenerCounts, {
      newTracks,
      manifest: (generation) => directory.manifest(generation),
    }),
  );

  const control = Chain.from<InputRecord<ProgressValue>>()
    .processor(setThreshold(stores.filter, settings))
    .processor(requestRetrain(topics, { directory, requests }, settings));

  return new TopologyBuilder({
    name: 'segue',
    progress: topics.progress,
    deadLetters: topics.deadLetters,
    otherTopics: [topics.itemFactors],
  })
    .part(
      { name: 'by-user', key: 'user', runsOn: 'every slot', sources: [from(topics.listens)] },
      byUser,
    )
    .part(
      {
        name: 'by-track',
        key: 'track',
        runsOn: 'every slot',
        sources: [from(topics.listenerChanges)],
      },
      byTrack,
    )
    .part(
      {
        name: 'new-track',
        key: 'track',
        runsOn: 'every slot',
        sources: [from(topics.listenerFactors)],
      },
      newTrack,
    )
    .part(
      {
        name: 'control',
        key: 'slot',
        runsOn: 'slot 0',
        sources: [{ ...from(topics.progress), replayed: true }],
      },
      control,
    )
    .everywhere({
      name: 'model',
      sources: [
        topics.models,
        topics.newTracks,
        topics.itemAdditions,
        topics.popularTracks,
        topics.retrainRequests,
      ],
      processor: loadModel(topics, { loader, popular, requests }),
    })
    .everywhere({ name: 'figures', sources: [topics.filter], processor: exportFigures(figures) })
    .build();
}

function from(topic: Topic<never> | Topic<unknown>) {
  return { topic: topic as Topic<unknown>, replayed: false };
}
