import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SparkJob, type SparkJobOptions } from '../../../src/training/spark/spark-job';

/** Answers commands as a driver would; `close` ends it, `split` fails, `refit` is never answered. */
const DRIVER = `
const { createInterface } = require('node:readline');
const say = (line) => process.stdout.write(JSON.stringify(line) + '\\n');
createInterface({ input: process.stdin }).on('line', (text) => {
  const { name, arguments: given } = JSON.parse(text);
  if (name === 'open') { say({ progress: { done: 1, tasks: 2 } }); say({ result: given }); }
  if (name === 'split') { console.error('the whole stack'); say({ error: 'ValueError: no' }); }
  if (name === 'close') { console.error('no memory'); process.exit(3); }
});
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'segue-job-'));
  writeFileSync(join(folder, 'driver.js'), DRIVER);
  // In Python's place: takes its two flags away.
  const python = `#!/bin/sh\nshift 2\nexec "${process.execPath}" "$@"\n`;
  writeFileSync(join(folder, 'python'), python);
  chmodSync(join(folder, 'python'), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

const jobs: SparkJob[] = [];
afterEach(() => Promise.all(jobs.splice(0).map((job) => job.end())));

function start(options: Partial<SparkJobOptions> = {}): SparkJob {
  const job = new SparkJob({
    environment: { python: join(folder, 'python') },
    onProgress: () => undefined,
    script: [join(folder, 'driver.js')],
    ...options,
  });
  jobs.push(job);
  return job;
}

const OPEN = { submit: ['--master', 'local'], scratch: 'å', kafka: {}, blocks: 1 };

describe('a Spark driver', () => {
  it('is asked, and tells its progress', async () => {
    const told: unknown[] = [];
    const job = start({ onProgress: (progress) => told.push(progress) });
    expect(await job.ask('open', OPEN)).toEqual(OPEN);
    expect(told).toEqual([{ done: 1, tasks: 2 }]);
  });

  it('that cannot do what it is asked says why, and goes on', async () => {
    const job = start();
    const failed = await job.ask('split', {} as never).catch((error: Error) => error);
    expect(failed).toMatchObject({ code: 'SPARK_JOB_FAILED' });
    expect((failed as Error).message).toContain('ValueError: no');
    expect(await job.ask('open', OPEN)).toEqual(OPEN);
  });

  it('that ends fails what it was asked, with its last lines, and whatever comes later', async () => {
    const job = start();
    const failed = await job.ask('close', {}).catch((error: Error) => error);
    expect(failed).toMatchObject({ code: 'SPARK_JOB_FAILED' });
    expect((failed as Error).message).toContain('exit code 3');
    expect(((failed as Error).cause as Error).message).toContain('no memory');
    await expect(job.ask('open', OPEN)).rejects.toMatchObject({ code: 'SPARK_JOB_FAILED' });
  });

  it('is killed by its signal', async () => {
    const stopping = new AbortController();
    const job = start({ signal: stopping.signal });
    await job.ask('open', OPEN);
    const asked = job.ask('refit', {} as never);
    stopping.abort();
    await expect(asked).rejects.toThrow('SIGKILL');
    await job.exited;
  });

  it('that cannot be started says so', async () => {
    const job = start({ environment: { python: join(folder, 'none') } });
    await expect(job.ask('open', OPEN)).rejects.toThrow('could not be started');
  });
});
