/** What every process of the application has, whether it runs slots or only trains: topics, topology, model. */
import { cpus } from 'node:os';
import { Figures } from '../../streams/model/export-figures';
import { ModelLoader } from '../../streams/model/load-model';
import { PopularList } from '../../streams/model/popular-list';
import { ModelPublisher } from '../../streams/model/publish-model';
import { RetrainRequests } from '../../streams/model/retrain-requests';
import { type SegueTopics, segueTopics } from '../../streams/topics';
import { type SegueStores, segueStores, segueTopology } from '../../streams/topology';
import type { Settings } from '../config';
import type { TopicCodecs } from '../engine/topic-codecs';
import type { Topology } from '../engine/topology';
import type { Meter } from '../telemetry/meter';
import { retrainSettings, streamSettings } from './program-settings';
import { RetrainService } from './retrain-service';
import { requestSettings, type TrainerPlaces, trainerOf } from './trainers';

export interface ApplicationOptions extends TrainerPlaces {
  readonly settings: Settings;
  readonly meter: Meter;
}

export interface ApplicationHooks {
  /** There from the time on that the topics are made. */
  readonly codecs: () => TopicCodecs;
  /** After a switch to another model. */
  readonly onSwitch: () => void;
}

export class ApplicationParts {
  readonly topics: SegueTopics;
  readonly stores: SegueStores;
  readonly popular: PopularList;
  readonly requests = new RetrainRequests();
  readonly figures: Figures;
  readonly loader: ModelLoader;
  readonly topology: Topology;

  constructor(
    private readonly options: ApplicationOptions,
    private readonly hooks: ApplicationHooks,
  ) {
    const { settings, meter } = options;
    this.topics = segueTopics(settings.topicPrefix);
    this.stores = segueStores(this.topics);
    this.popular = new PopularList(settings.popularDepth);
    this.figures = new Figures(meter);
    this.loader = new ModelLoader({
      ...options,
      topics: this.topics,
      codec: () => hooks.codecs().of(this.topics.itemFactors),
      onSwitch: hooks.onSwitch,
    });
    this.topology = segueTopology({ ...this.#held(), settings: streamSettings(settings) });
  }

  /** `isTrainer`: whether this process is the one that answers requests, right now. */
  retrainService(isTrainer: () => boolean): RetrainService {
    const { settings, broker, clock } = this.options;
    const codecs = this.hooks.codecs();
    const places = { broker, codecs, topics: this.topics };
    return new RetrainService({
      ...this.options,
      ...this.#held(),
      publisher: new ModelPublisher({ ...places, application: settings.application }),
      jobFor: (request) => {
        const own = requestSettings(settings, request);
        const { threshold, tracksMin } = streamSettings(own);
        return {
          ...places,
          trainer: trainerOf(own, settings, this.options),
          threshold,
          tracksMin,
          settings: retrainSettings(own, cpus().length),
          clock,
        };
      },
      totalListens: () => this.figures.filter?.sums['listens'] ?? 0,
      isTrainer,
    });
  }

  #held() {
    const { topics, loader, popular, requests, figures } = this;
    return { topics, loader, popular, requests, figures };
  }
}
