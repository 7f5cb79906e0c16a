/**
 * How far the heap may grow before it is swept. By itself V8 lets it become three to four times what is alive where the
 * machine has memory to spare, which this process then holds for good; what it holds is to be bounded by its settings.
 */
import { setFlagsFromString } from 'node:v8';

/** Per cent of what was alive after the last sweep; read at each sweep, so that it may be set while running. */
const GROWTH_PERCENT = 50;

export function boundHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
