import type { OutputRecord } from '../broker/broker';
import type { EngineSettings } from './engine-settings';

/** What a slot gathers between two commits. Outputs are encoded when sent, so their bytes are known. */
export class Step {
  readonly outputs: OutputRecord[] = [];
  readonly afterCommit: ((committedAtMs: number) => void)[] = [];
  inputRecords = 0;
  /** True where an input was processed whose position is committed. */
  movesPositions = false;
  inputBytes = 0;
  outputBytes = 0;
  #hasRecords = false;

  /** `startedAtMs`: by the monotonic clock. */
  constructor(public startedAtMs: number) {}

  /**
   * A record has come; the first one's wait begins now. Replayed ones count here too, or a stream of them would put the
   * end of the step off for ever.
   */
  begin(nowMs: number): void {
    if (!this.#hasRecords && this.outputs.length === 0) this.startedAtMs = nowMs;
    this.#hasRecords = true;
  }

  send(record: OutputRecord): void {
    this.outputs.push(record);
    this.outputBytes += (record.value?.length ?? 0) + (record.key?.length ?? 0);
  }

  isFull({
    stepRecordsMax,
    stepBytesMax,
  }: Pick<EngineSettings, 'stepRecordsMax' | 'stepBytesMax'>): boolean {
    return (
      this.inputRecords >= stepRecordsMax ||
      this.inputBytes >= stepBytesMax ||
      this.outputBytes >= stepBytesMax
    );
  }
}
