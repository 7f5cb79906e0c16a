import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SegueCommand } from '../support/acceptance/segue-command';
import { type Installation, thirtyMusicSuite } from '../support/acceptance/thirty-music-suite';
import { withSharedData } from '../support/shared-data';

/** No trigger may retrain beside the test. */
const RUN = [
  '--http-port',
  '0',
  '--first-model-listens-min',
  '1000000000',
  '--retrain-interval-min-ms',
  '1d',
];

async function openEmbedded(): Promise<Installation> {
  const data = mkdtempSync(join(tmpdir(), 'segue-acceptance-'));
  const segue = new SegueCommand(['--data', data]);
  return {
    segue,
    options: { data },
    checkEvery: 1,
    catchUp: async (mishaps) => {
      if (mishaps === 'some') await killInTheMiddle(segue, 3);
      await segue.run('run', ['--until-caught-up', ...RUN]);
    },
    retrain: async (args) => {
      await segue.run('retrain', args);
    },
    stop: async () => {
      segue.killAll();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** kill −9 of a run that has begun to work, several times. */
async function killInTheMiddle(segue: SegueCommand, times: number): Promise<void> {
  for (let time = 1; time <= times; time++) {
    const { child, finished } = segue.start('run', RUN);
    await new Promise<void>((resolve) => {
      child.stderr!.on('data', (chunk: Buffer) => {
        if (chunk.includes('slots assigned')) setTimeout(resolve, 300 * time);
      });
    });
    child.kill('SIGKILL');
    await finished;
  }
}

describe('30Music, embedded', () => {
  withSharedData('30music-sample10', (folder) => thirtyMusicSuite(folder, openEmbedded));
});
