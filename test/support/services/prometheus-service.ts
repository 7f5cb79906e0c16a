/** A real Prometheus with the project's rules, for tests that scrape something else than the compose project. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from './free-ports';
import { startGuarded } from './guarded-process';

export interface PrometheusService {
  /** `host:port`. */
  readonly address: string;
  stop(): Promise<void>;
}

export interface PrometheusServiceOptions {
  /** Text of its configuration; told its own address. */
  readonly config: (address: string) => string;
  /** Files that the configuration names. */
  readonly ruleFiles: readonly string[];
}

const READY_MS_MAX = 60_000;

export async function startPrometheus(
  options: PrometheusServiceOptions,
): Promise<PrometheusService> {
  const [port] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const directory = mkdtempSync(join(tmpdir(), 'segue-prometheus-'));
  writeFileSync(join(directory, 'prometheus.yml'), options.config(address));
  for (const file of options.ruleFiles) copyFileSync(file, join(directory, basename(file)));
  const child = startGuarded({
    command: 'prometheus',
    arguments: [
      '--config.file=prometheus.yml',
      '--storage.tsdb.path=data',
      `--web.listen-address=${address}`,
    ],
    directory,
    outputFile: join(directory, 'prometheus.log'),
  });
  const service: PrometheusService = {
    address,
    async stop() {
      await child.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  const deadline = Date.now() + READY_MS_MAX;
  while (!(await isReady(address))) {
    if (child.isRunning() && Date.now() < deadline) {
      await pause(100);
      continue;
    }
    const tail = child.outputTail();
    await service.stop();
    throw new Error(`The test Prometheus did not start:\n${tail}`);
  }
  return service;
}

async function isReady(address: string): Promise<boolean> {
  try {
    return (await fetch(`http://${address}/-/ready`, { signal: AbortSignal.timeout(5000) })).ok;
  } catch {
    return false;
  }
}
