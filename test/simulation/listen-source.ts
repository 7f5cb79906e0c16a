/** Listens of simulated people as records to be sent, each noted in the ledger. */
import type { OutputRecord } from '../../src/broker/broker';
import type { TopicCodecs } from '../../src/engine/topic-codecs';
import { FaultyListeners, type FaultyRecord } from '../../streams/simulator/faulty-listeners';
import { toListenValue } from '../../streams/simulator/listen-value';
import { POISON_REASONS } from '../../streams/simulator/poison';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';
import type { SegueTopics } from '../../streams/topics';
import { type Ledger, NUMBER_HEADER, type SentEvent } from './ledger';

interface Place {
  readonly topics: SegueTopics;
  readonly codecs: TopicCodecs;
  readonly ledger: Ledger;
}

export class ListenSource {
  sent = 0;
  readonly #listeners: FaultyListeners;

  constructor(
    seed: number,
    private readonly place: Place,
  ) {
    const people = new SimulatedListeners({
      seed,
      users: 12,
      tracks: 60,
      artists: 12,
      genres: 3,
      startSeconds: 1_577_800_000,
      listensPerSecond: 2,
      unreleasedShare: 0,
    });
    this.#listeners = new FaultyListeners(people, {
      seed,
      duplicateShare: 0.1,
      deletionShare: 0.08,
      poisonShare: 0.1,
      lateShare: 0.2,
      lateSecondsMax: 30,
    });
  }

  batch(size: number): OutputRecord[] {
    return Array.from({ length: size }, () => this.#record(this.#listeners.next()));
  }

  /** What was held back until now. */
  rest(): OutputRecord[] {
    return this.#listeners.drain().map((record) => this.#record(record));
  }

  #record(record: FaultyRecord): OutputRecord {
    this.sent += 1;
    const { topics, codecs, ledger } = this.place;
    const codec = codecs.of(topics.listens);
    const headers = { [NUMBER_HEADER]: ledger.note(eventOf(record)) };
    const output = (user: string | null, value: Buffer | null) => ({
      topic: topics.listens.name,
      key: user === null ? null : Buffer.from(user),
      value,
      headers,
    });
    if (record.kind === 'poison') {
      const { content, userId } = record;
      return output(userId, 'bytes' in content ? content.bytes : codec.encode(content.value));
    }
    const kind = record.kind === 'listen' ? 'LISTEN' : 'DELETION';
    return output(record.listen.userId, codec.encode(toListenValue(record.listen, kind)));
  }
}

function eventOf(record: FaultyRecord): SentEvent {
  if (record.kind === 'poison') return { kind: 'poison', reason: POISON_REASONS[record.poison] };
  const { userId, track, listenedAt } = record.listen;
  return { kind: record.kind, user: userId, track: track.trackId, listenedAt };
}
