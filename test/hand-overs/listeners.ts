/**
 * The people of a hand-over campaign: a past sent at once, then a constant stream. Each record says in a header what it
 * is, so that what must be left can be read from the topic alone.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { OutputRecord, Writer } from '../../src/broker/broker';
import { toListenValue } from '../../streams/simulator/listen-value';
import {
  type SimulatedListen,
  SimulatedListeners,
} from '../../streams/simulator/simulated-listeners';
import { NUMBER_HEADER, type SentEvent } from '../simulation/ledger';
import type { Stage } from './stage';

const WORLD = { tracks: 1500, artists: 150, genres: 8, newReleaseShare: 0.1 } as const;
/** A user has at most one listen a second, and some are asleep. */
const USERS_PER_RATE = 11;
const PAST_DAYS = 40;
const BATCH = 2000;
const TICK_MS = 20;

export class Listeners {
  #stopping = false;
  #running: Promise<void> = Promise.resolve();
  #writer: Writer | undefined;
  readonly #users: number;

  constructor(
    private readonly stage: Stage,
    private readonly options: { readonly seed: number; readonly rate: number },
  ) {
    this.#users = options.rate * USERS_PER_RATE;
  }

  async sendPast(listens: number): Promise<void> {
    const past = this.#people({
      startSeconds: Math.floor(Date.now() / 1000) - PAST_DAYS * 86_400,
      listensPerSecond: 0,
    });
    for (let sent = 0; sent < listens; sent += BATCH)
      await this.#send(Array.from({ length: BATCH }, () => past.next()));
  }

  start(): void {
    const { seed, rate } = this.options;
    const people = this.#people({
      listenSeed: seed + 1,
      startSeconds: Math.floor(Date.now() / 1000),
      listensPerSecond: rate,
    });
    this.#running = this.#stream(people);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    await this.#writer?.close();
  }

  /** Each of the users hears one track, so many times up to now. */
  async hear(
    userIds: readonly string[],
    track: SimulatedListen['track'],
    times = 1,
  ): Promise<void> {
    const producedAtMs = Date.now();
    const now = Math.floor(producedAtMs / 1000);
    const listens = userIds.flatMap((userId) =>
      Array.from({ length: times }, (_, back) => ({
        ...{ userId, track, producedAtMs },
        listenedAt: now - back,
      })),
    );
    await this.#send(listens);
  }

  #people(more: ConstructorParameters<typeof SimulatedListeners>[0]): SimulatedListeners {
    const { seed } = this.options;
    return new SimulatedListeners({ ...WORLD, seed, users: this.#users, ...more });
  }

  async #stream(people: SimulatedListeners): Promise<void> {
    const { rate } = this.options;
    const startedMs = Date.now();
    for (let sent = 0; !this.#stopping; ) {
      const due = Math.floor(((Date.now() - startedMs) / 1000) * rate) - sent;
      sent += due;
      // After a stall the stream goes on at its rate, and does not make up for it.
      if (due > 0)
        await this.#send(Array.from({ length: Math.min(due, rate) }, () => people.next()));
      await pause(TICK_MS);
    }
  }

  async #send(listens: readonly SimulatedListen[]): Promise<void> {
    this.#writer ??= await this.stage.places.broker.writer();
    await this.#writer.send(listens.map((listen) => this.#record(listen)));
  }

  #record(listen: SimulatedListen): OutputRecord {
    const { topics, codecs } = this.stage.administration;
    const event: SentEvent = {
      kind: 'listen',
      user: listen.userId,
      track: listen.track.trackId,
      listenedAt: listen.listenedAt,
    };
    return {
      topic: topics.listens.name,
      key: Buffer.from(listen.userId, 'utf8'),
      value: codecs.of(topics.listens).encode(toListenValue(listen)),
      headers: { [NUMBER_HEADER]: this.stage.ledger.note(event) },
      timestampMs: Date.now(),
    };
  }
}
