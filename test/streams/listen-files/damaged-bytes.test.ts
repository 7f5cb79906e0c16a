import { gzipSync } from 'node:zlib';
import { hasCode } from '../../../src/errors';
import { mulberry32 } from '../../../src/random';
import { readListens } from '../../../streams/listen-files/read-listens';
import { DUMPS, tarOf } from '../../support/archives';
import { flattened, inChunks } from '../../support/chunks';
import { parquetOf } from '../../support/parquet-files';

const line = (n: number) =>
  JSON.stringify({
    user_id: n % 7,
    timestamp: 1_600_000_000 + n,
    track_metadata: { artist_name: 'A', track_name: `T${n}` },
  });

async function samples(): Promise<Record<string, Buffer>> {
  const text = Buffer.from(Array.from({ length: 300 }, (_, n) => line(n)).join('\n'));
  const ids = Array.from({ length: 300 }, (_, n) => BigInt(1_600_000_000 + n));
  const parquet = await parquetOf(
    [
      { name: 'user_id', data: ids, type: 'INT64' },
      { name: 'listened_at', data: ids, type: 'INT64' },
      {
        name: 'recording_msid',
        data: ids.map((n) => `${n.toString(16)}-1111-4111-8111-111111111111`),
        type: 'STRING',
      },
    ],
    100,
  );
  return {
    ...DUMPS,
    text,
    gzip: gzipSync(text),
    parquet,
    tar: await tarOf({ 'a.listens': text, 'b.parquet': parquet, 'c.listens.gz': gzipSync(text) }),
  };
}

describe('damaged bytes', () => {
  it('are an error that says so, or a refusal; with skip never an error; and nothing hangs', async () => {
    const seed = 11;
    const random = mulberry32(seed);
    for (const [name, whole] of Object.entries(await samples()))
      for (let time = 0; time < 40; time++) {
        const bytes = Buffer.from(whole);
        // Beyond the first bytes, which say what the file is.
        const at = 8 + random.below(bytes.length - 8);
        for (let n = 0; n < 1 + random.below(20) && at + n < bytes.length; n++)
          bytes[at + n] = random.below(256);
        const what = `${name}, seed ${seed}, time ${time}, byte ${at}`;
        const stopped = await flattened(readListens(inChunks(bytes, 1000))).catch(
          (error: unknown) => error,
        );
        if (!Array.isArray(stopped))
          expect([what, hasCode(stopped, 'INPUT_UNREADABLE'), String(stopped)]).toEqual([
            what,
            true,
            expect.any(String),
          ]);
        const skipped = await flattened(
          readListens(inChunks(bytes, 1000), { onDamage: 'skip' }),
        ).catch((error: unknown) => [what, error]);
        expect(skipped).not.toContain(what);
      }
  });
});
