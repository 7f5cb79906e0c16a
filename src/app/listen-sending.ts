/** Sends files of listens, one after the other: what `segue listen` does, and others that want listens from a file. */

import type { FileListen } from '../../streams/listen-files/file-entry';
import {
  type SendProgress,
  type SendSummary,
  sendListens,
} from '../../streams/listen-files/send-listens';
import type { SegueTopics } from '../../streams/topics';
import type { Broker } from '../broker/broker';
import type { Clock } from '../clock';
import type { Settings } from '../config';
import type { TopicCodecs } from '../engine/topic-codecs';
import { namingFile, type ReadingOptions, readOptions, sourceOf } from './listen-reading';

export type { SendProgress, SendSummary };

export interface ListenFiles extends ReadingOptions {
  /** Paths; `-` is the standard input. */
  readonly files: readonly string[];
  /** Over all files: entries passed over, and listens sent at most. */
  readonly skip?: number | undefined;
  readonly limit?: number | undefined;
  readonly ratePerSecond?: number | undefined;
}

export interface ListenSending {
  readonly broker: Broker;
  readonly topics: SegueTopics;
  readonly codecs: TopicCodecs;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly onProgress?: (progress: SendProgress) => void;
  /** Told of each listen that is sent. */
  readonly onListen?: (listen: FileListen) => void;
  /** Told when a file has been sent; the next one may fail. */
  readonly onSummary?: (summary: SendSummary) => void;
  readonly signal?: AbortSignal;
}

/** A summary of each file that was begun. Throws SETTING_INVALID, and INPUT_UNREADABLE with the file; a missing file before anything is sent. */
export async function sendListenFiles(
  { files, skip = 0, limit, ratePerSecond, ...wanted }: ListenFiles,
  { broker, topics, codecs, settings, onSummary, ...rest }: ListenSending,
): Promise<SendSummary[]> {
  const sources = files.map(sourceOf);
  const read = await readOptions(wanted);
  const writer = await broker.writer();
  const summaries: SendSummary[] = [];
  let left = limit;
  let toSkip = skip;
  try {
    for (const source of sources) {
      if (left === 0 || rest.signal?.aborted) break;
      const summary = await sendListens({
        source,
        read,
        writer,
        topic: topics.listens.name,
        codec: codecs.of(topics.listens),
        recordBytesMax: settings.recordBytesMax,
        skip: toSkip,
        limit: left,
        ratePerSecond,
        ...rest,
      }).catch((error: unknown) => {
        throw namingFile(error, source.name);
      });
      summaries.push(summary);
      onSummary?.(summary);
      toSkip = Math.max(0, toSkip - summary.entries);
      if (left !== undefined) left -= summary.sent;
    }
  } finally {
    await writer.close();
  }
  return summaries;
}
