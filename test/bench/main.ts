/** `npm run bench -- NAME [--json] [options]`: one measurement by name. Each prints its machine and its ratios. */
import { benchAls } from './als';
import { benchBackfill } from './backfill';
import { benchChurn } from './churn';
import { benchDump } from './dump';
import { benchFoldIn } from './fold-in';
import { benchLargeUsers } from './large-users';
import { benchLightFm } from './lightfm';
import { benchNewTracks } from './new-tracks';
import { benchQuality } from './quality';
import { benchRecovery } from './recovery';
import { benchScrape } from './scrape-cost';
import { benchSpark } from './spark';
import { benchStream } from './stream';
import { benchTopN } from './top-n';

const BENCHES: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  als: benchAls,
  backfill: benchBackfill,
  churn: benchChurn,
  dump: benchDump,
  'fold-in': benchFoldIn,
  'large-users': benchLargeUsers,
  lightfm: benchLightFm,
  quality: benchQuality,
  recovery: benchRecovery,
  scrape: benchScrape,
  spark: benchSpark,
  'new-tracks': benchNewTracks,
  stream: benchStream,
  'top-n': benchTopN,
};

async function main([name, ...args]: readonly string[]): Promise<void> {
  const bench = BENCHES[name ?? ''];
  if (bench === undefined) {
    process.stderr.write(`usage: bench ${Object.keys(BENCHES).join(' | ')} [--json]\n`);
    process.exitCode = 1;
    return;
  }
  await bench(args);
}

void main(process.argv.slice(2));
