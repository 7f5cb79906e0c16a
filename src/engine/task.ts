import type { Counter } from '../telemetry/meter';
import type { InputRecord, Processor, ProcessorContext, StepBudget } from './processor';
import { processorContext, type SlotWork } from './processor-context';
import type { PartDefinition } from './topology';

interface Link {
  readonly name: string;
  readonly processor: Processor<unknown>;
}

/** One part of the topology in one slot: its processors, wired in order. */
export class Task {
  readonly #links: readonly Link[];

  constructor(
    readonly part: PartDefinition,
    private readonly work: SlotWork,
  ) {
    this.#links = buildChain(part, work);
  }

  process(record: InputRecord<unknown>): void {
    const first = this.#links[0]!;
    this.work.current = record;
    first.processor.process(record);
    this.work.current = undefined;
  }

  /** Answers whether any processor has more to do. */
  async endStep(budget: StepBudget): Promise<boolean> {
    let more = false;
    for (const { processor } of this.#links) {
      if (processor.endStep !== undefined && (await processor.endStep(budget))) more = true;
    }
    return more;
  }

  async restored(): Promise<void> {
    for (const { processor } of this.#links) await processor.restored?.();
  }
}

/** Built from the last to the first, so that each one's `forward` is the next one's `process`. */
function buildChain(part: PartDefinition, work: SlotWork): Link[] {
  const links: Link[] = [];
  let next: ((value: unknown) => void) | undefined;
  const series = (processor: string) => ({ part: part.name, processor });
  for (const definition of [...part.processors].reverse()) {
    const out = work.frame.meter.counter('segue_records_out_total', series(definition.name));
    const context: ProcessorContext<unknown> = processorContext(
      work,
      counting(next ?? ignore, out),
    );
    const processor = definition.build(context) as Processor<unknown>;
    const inRecords = work.frame.meter.counter('segue_records_in_total', series(definition.name));
    next = (value) => {
      inRecords.add(1);
      processor.process(value);
    };
    links.unshift({ name: definition.name, processor: { ...bound(processor), process: next } });
  }
  return links;
}

function bound(processor: Processor<unknown>): Omit<Processor<unknown>, 'process'> {
  return {
    ...(processor.endStep === undefined
      ? {}
      : { endStep: (budget: StepBudget) => processor.endStep!(budget) }),
    ...(processor.restored === undefined ? {} : { restored: () => processor.restored!() }),
  };
}

/** What the last processor of a chain forwards has nobody to take it. */
function ignore(): void {}

function counting(forward: (value: unknown) => void, counter: Counter): (value: unknown) => void {
  return (value) => {
    counter.add(1);
    forward(value);
  };
}
