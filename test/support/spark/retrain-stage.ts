/** Everything that answers retrain requests, without the streams: for requests on tables that a test has written. */
import type { Model, RetrainRequest } from '../../../schemas/records';
import { Administration } from '../../../src/app/administration';
import { connect, type Places } from '../../../src/app/connect';
import { retrainSettings, streamSettings } from '../../../src/app/program-settings';
import { RetrainService } from '../../../src/app/retrain-service';
import { requestSettings } from '../../../src/app/trainers';
import { sleep, systemClock } from '../../../src/clock';
import type { Settings } from '../../../src/config';
import { noLogger } from '../../../src/logger';
import { noMeter } from '../../../src/telemetry/meter';
import { ModelLoader } from '../../../streams/model/load-model';
import { ModelPublisher } from '../../../streams/model/publish-model';
import { RetrainRequests } from '../../../streams/model/retrain-requests';
import type { Trainer, TrainerOptions } from '../../../streams/model/trainer';
import { lastValues, readTable, tableEnds } from '../../../streams/tables';

export interface RetrainStageOptions {
  readonly settings: Settings;
  /** `own`: this process's settings with what the request carries. */
  readonly trainerFor: (own: Settings, places: Places) => Trainer;
}

const LOOK_MS = 500;
const ANSWER_MS_MAX = 300_000;

export class RetrainStage {
  readonly #service: RetrainService;
  #following: Promise<void> | undefined;
  #isOpen = true;

  private constructor(
    private readonly options: RetrainStageOptions,
    readonly places: Places,
    readonly administration: Administration,
    readonly loader: ModelLoader,
  ) {
    const requests = new RetrainRequests();
    const { settings } = options;
    const { topics, codecs, broker } = administration;
    this.#service = new RetrainService({
      loader,
      requests,
      publisher: new ModelPublisher({
        ...{ broker, topics, codecs },
        application: settings.application,
      }),
      jobFor: (request) => this.#jobFor(request),
      totalListens: () => 0,
      isTrainer: () => true,
      ...{ meter: noMeter, logger: noLogger, clock: systemClock },
    });
    this.#following = this.#follow(requests);
    this.#service.start();
  }

  static async open(options: RetrainStageOptions): Promise<RetrainStage> {
    const { settings } = options;
    const places = await connect(settings, noLogger);
    const clock = systemClock;
    const administration = await Administration.open({ ...places, settings, clock });
    const { topics, codecs, broker } = administration;
    const loader = new ModelLoader({
      ...{ topics, broker, clock, meter: noMeter, logger: noLogger },
      codec: () => codecs.of(topics.itemFactors),
      onSwitch: () => undefined,
    });
    return new RetrainStage(options, places, administration, loader);
  }

  /** As the trainer gets them. */
  get trainerOptions(): Omit<TrainerOptions, 'signal'> {
    const { settings } = this.options;
    const { topics, codecs, broker } = this.administration;
    return {
      ...{ broker, codecs, topics, reigning: undefined, onShareDone: () => undefined },
      ...retrainSettings(settings, 1),
      ...streamSettings(settings),
    };
  }

  /** Answers the manifest that answers a request with these settings. */
  async retrain(carried: Record<string, string> = {}): Promise<Model> {
    return this.answerTo(await this.administration.requestRetrain(carried));
  }

  async answerTo(offset: number): Promise<Model> {
    const answer = await this.administration.answerTo(offset, ANSWER_MS_MAX);
    if (answer === undefined) throw new Error(`nobody has answered request ${offset}`);
    return answer;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#service.stop();
    await this.#following;
    await this.places.close();
  }

  #jobFor(request: RetrainRequest) {
    const { settings, trainerFor } = this.options;
    const { topics, codecs, broker } = this.administration;
    const own = requestSettings(settings, request);
    const { threshold, tracksMin } = streamSettings(own);
    return {
      ...{ broker, codecs, topics, threshold, tracksMin, clock: systemClock },
      trainer: trainerFor(own, this.places),
      settings: retrainSettings(own, 1),
    };
  }

  /** What load-model is told in a stream process. */
  async #follow(requests: RetrainRequests): Promise<void> {
    const { topics, broker } = this.administration;
    let seen = -1;
    while (this.#isOpen) {
      const ends = await tableEnds({ broker }, topics.retrainRequests.name);
      await readTable(this.administration, topics.retrainRequests, ends, (_key, value, offset) => {
        if (value !== null && offset > seen) requests.add(offset, value);
        seen = Math.max(seen, offset);
      });
      for (const [key, manifest] of await lastValues(this.administration, topics.models))
        this.loader.directory.apply(key, manifest);
      this.loader.update();
      await sleep(systemClock, LOOK_MS);
    }
  }
}
