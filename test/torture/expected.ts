/**
 * What must be left in the end, from the truths in the headers of the records on `listens`, by plain sets and maps.
 * Shares no code with the streams.
 */
import type { Broker } from '../../src/broker/broker';
import { type OracleCounts, oracleCounts, type RawListen } from '../support/oracle/counts';
import { readTopic } from '../support/read-topic';
import { TRUTH_HEADER, type Truth } from './load';

export interface Expected {
  readonly counts: OracleCounts;
  readonly duplicates: number;
  readonly deletions: number;
  /** `partition offset` of a record → why it cannot be used. */
  readonly deadLetters: ReadonlyMap<string, string>;
  /** How often each record, by its truth, lies in the topic. */
  readonly sent: ReadonlyMap<string, number>;
  readonly records: number;
}

export async function readExpected(broker: Broker, listensTopic: string): Promise<Expected> {
  const heard = new Map<string, RawListen>();
  const deleted = new Set<string>();
  const deadLetters = new Map<string, string>();
  const sent = new Map<string, number>();
  let records = 0;
  let usable = 0;
  await readTopic(broker, listensTopic, ({ headers, offset }, partition) => {
    const text = headers![TRUTH_HEADER]!.toString('utf8');
    records += 1;
    sent.set(text, (sent.get(text) ?? 0) + 1);
    const truth = JSON.parse(text) as Truth;
    if (truth.kind === 'poison') {
      deadLetters.set(`${partition} ${offset}`, truth.reason);
      return;
    }
    usable += 1;
    const { user, track, seconds } = truth;
    const id = `${user} ${track} ${seconds}`;
    if (truth.kind === 'listen') heard.set(id, { user, track, seconds });
    else deleted.add(id);
  });
  const left = [...heard].filter(([id]) => !deleted.has(id)).map(([, listen]) => listen);
  return {
    counts: oracleCounts(left),
    // Whatever came once counted as what it is; the rest came again.
    duplicates: usable - heard.size - deleted.size,
    deletions: deleted.size,
    deadLetters,
    sent,
    records,
  };
}
