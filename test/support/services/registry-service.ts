/** A real schema registry (Apicurio, Confluent-compatible API), in memory, for tests and `npm run services`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from './free-ports';
import { startGuarded } from './guarded-process';
import { APICURIO_VERSION, apicurioFiles } from './service-files';

export interface RegistryService {
  /** What `--registry` takes. */
  readonly address: string;
  stop(): Promise<void>;
}

const READY_MS_MAX = 120_000;

async function answers(address: string): Promise<boolean> {
  try {
    return (await fetch(`${address}/subjects`, { signal: AbortSignal.timeout(5000) })).ok;
  } catch {
    return false;
  }
}

export async function startRegistry(options: { readonly port?: number } = {}) {
  const port = options.port ?? (await freePorts(1))[0]!;
  const directory = mkdtempSync(join(tmpdir(), 'segue-registry-'));
  const jar = join(await apicurioFiles(), `apicurio-registry-app-${APICURIO_VERSION}-runner.jar`);
  const child = startGuarded({
    command: 'java',
    arguments: [
      ...['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
      ...['-Dquarkus.http.host=127.0.0.1', `-Dquarkus.http.port=${port}`, '-jar', jar],
    ],
    directory,
    outputFile: join(directory, 'registry.log'),
  });
  const address = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const service: RegistryService = {
    address,
    async stop() {
      await child.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  const deadline = Date.now() + READY_MS_MAX;
  while (!(await answers(address))) {
    if (child.isRunning() && Date.now() < deadline) {
      await pause(100);
      continue;
    }
    const tail = child.outputTail();
    await service.stop();
    throw new Error(`The test registry did not start:\n${tail}`);
  }
  return service;
}
