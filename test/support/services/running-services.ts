/** What global-setup started, for global-teardown; jest loads the two as separate modules of one process. */
export interface RunningService {
  readonly variable: string;
  readonly service: { stop(): Promise<void> };
}

const KEY = Symbol.for('segue.test.services');

export function runningServices(): RunningService[] {
  const holder = globalThis as unknown as Record<symbol, RunningService[] | undefined>;
  holder[KEY] ??= [];
  return holder[KEY];
}
