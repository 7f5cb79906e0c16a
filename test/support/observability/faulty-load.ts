/** Listens of known users through a bad network: some come twice, some are deleted, some are no listens at all. */
import type { Administration } from '../../../src/app/administration';
import { FaultyListeners, type FaultyRecord } from '../../../streams/simulator/faulty-listeners';
import { toListenValue } from '../../../streams/simulator/listen-value';
import { SimulatedListeners } from '../../../streams/simulator/simulated-listeners';

const BATCH = 100;

export async function sendFaultyListens(
  { broker, codecs, topics }: Administration,
  count: number,
): Promise<void> {
  const listeners = new FaultyListeners(
    new SimulatedListeners({
      seed: 1,
      listenSeed: 2,
      users: 1000,
      tracks: 4000,
      artists: 500,
      genres: 12,
      startSeconds: Math.floor(Date.now() / 1000) - 86_400,
      listensPerSecond: 100,
    }),
    { seed: 3, duplicateShare: 0.05, deletionShare: 0.05, poisonShare: 0.1 },
  );
  const codec = codecs.of(topics.listens);
  const encoded = (record: FaultyRecord): Buffer | null => {
    if (record.kind === 'listen') return codec.encode(toListenValue(record.listen));
    if (record.kind === 'deletion') return codec.encode(toListenValue(record.listen, 'DELETION'));
    return 'bytes' in record.content ? record.content.bytes : codec.encode(record.content.value);
  };
  const userOf = (record: FaultyRecord) =>
    record.kind === 'poison' ? record.userId : record.listen.userId;
  const writer = await broker.writer();
  for (let sent = 0; sent < count; sent += BATCH) {
    const records = Array.from({ length: BATCH }, () => listeners.next());
    await writer.send(
      records.map((record) => {
        const user = userOf(record);
        return {
          topic: topics.listens.name,
          key: user === null ? null : Buffer.from(user, 'utf8'),
          value: encoded(record),
          timestampMs: Date.now(),
        };
      }),
    );
  }
  await writer.close();
}
