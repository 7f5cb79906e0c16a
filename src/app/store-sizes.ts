/** Bytes on disk of each slot, looked up when somebody scrapes, at most once a minute. */
import type { Clock } from '../clock';
import type { Meter } from '../telemetry/meter';
import type { LocalSlots } from './local-slots';

const PAUSE_MS = 60_000;

export class StoreSizes {
  #measuredMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly local: Pick<LocalSlots, 'list' | 'bytes'>,
    private readonly meter: Meter,
    private readonly clock: Clock,
  ) {}

  show(): void {
    const now = this.clock.monotonicMs();
    if (now - this.#measuredMs < PAUSE_MS) return;
    this.#measuredMs = now;
    for (const slot of this.local.list())
      this.meter.set('segue_store_size_bytes', { partition: String(slot) }, this.local.bytes(slot));
  }
}
