/**
 * One of the threads of a run of `fit`. All run this same program over one shared memory and meet at barriers;
 * thread 0 also shuffles the examples and settles the regularisation. With one thread the bits depend on the seed only.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Rendezvous } from '../als/rendezvous';
import { systemClock } from '../clock';
import type { FitLayout } from './fit-memory';
import { instantiateLightFm, type LightFmKernels } from './kernels/kernels';
import type { LightFmOptions } from './light-fm-options';
import { MersenneTwister, TWISTER_WORDS } from './mersenne-twister';

export interface FitTask {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly layout: FitLayout;
  readonly options: LightFmOptions;
  readonly epochs: number;
  readonly threads: number;
  readonly thread: number;
  /** Whether each epoch waits for the main thread's word. */
  readonly asks: boolean;
}

/** From thread 0 after each epoch. */
export interface FitMessage {
  readonly epoch: number;
  readonly elapsedMs: number;
  readonly hasFiniteModel: boolean;
}

/** Seeds of the threads' samplers are below this. */
const SEED_MAX = 2 ** 31 - 2;

function run(task: FitTask): void {
  const { memory, layout, threads, thread, epochs } = task;
  const kernels = prepareKernels(task);
  const rendezvous = new Rendezvous(memory.buffer, layout.controlAt, threads);
  const seeds = new Uint32Array(memory.buffer, layout.seedsAt, threads);
  const first = Math.floor((layout.examples * thread) / threads);
  const end = Math.floor((layout.examples * (thread + 1)) / threads);
  const startMs = systemClock.monotonicMs();
  for (let epoch = 1; epoch <= epochs; epoch++) {
    if (thread === 0) drawEpoch(task, seeds);
    rendezvous.meet();
    kernels.seedSampling(seeds[thread]!);
    passOver(kernels, task.options, first, end);
    rendezvous.meet();
    if (thread === 0) {
      kernels.settleScales();
      const hasFiniteModel = kernels.isModelFinite() === 1;
      const elapsedMs = systemClock.monotonicMs() - startMs;
      const tell = () => parentPort!.postMessage({ epoch, elapsedMs, hasFiniteModel });
      if (task.asks) rendezvous.ask(tell);
      else tell();
    }
    if (!rendezvous.meet()) return;
  }
}

function prepareKernels({ memory, module, layout, options, thread }: FitTask): LightFmKernels {
  const kernels = instantiateLightFm(memory, module);
  const { noComponents, userAlpha, itemAlpha } = options;
  kernels.setShape(noComponents, layout.parts);
  kernels.setLearning(
    options.learningSchedule === 'adadelta' ? 1 : 0,
    options.learningRate,
    options.rho,
    options.epsilon,
    layout.partFloats - noComponents - 1,
    userAlpha > 0 || itemAlpha > 0 ? 1 : 0,
  );
  kernels.setSides(layout.users.at, layout.items.at, noComponents);
  const { examples, usersAt, itemsAt, valuesAt, sampleWeightsAt, orderAt } = layout;
  kernels.setExamples(examples, usersAt, itemsAt, valuesAt, sampleWeightsAt, orderAt);
  kernels.setKnown(layout.knownStartsAt, itemsAt);
  kernels.setRanking(options.maxSampled, layout.lossesAt, layout.lockAt);
  kernels.setScratch(layout.scratchAt + thread * layout.scratchBytes);
  return kernels;
}

/** The order of the examples and the threads' seeds, drawn as LightFM draws them. */
function drawEpoch({ memory, layout, options }: FitTask, seeds: Uint32Array): void {
  const random = new MersenneTwister(
    new Uint32Array(memory.buffer, layout.twisterAt, TWISTER_WORDS),
  );
  const order = new Int32Array(memory.buffer, layout.orderAt, layout.examples);
  for (let example = 0; example < order.length; example++) order[example] = example;
  random.shuffle(order);
  if (options.loss === 'logistic') return;
  for (let t = 0; t < seeds.length; t++) seeds[t] = random.upTo(SEED_MAX);
}

function passOver(
  kernels: LightFmKernels,
  { loss, k, n }: LightFmOptions,
  first: number,
  end: number,
): void {
  if (loss === 'logistic') kernels.fitLogistic(first, end);
  else if (loss === 'bpr') kernels.fitBpr(first, end);
  else if (loss === 'warp') kernels.fitWarp(first, end);
  else kernels.fitWarpKos(first, end, k, n);
}

run(workerData as FitTask);
