/** Progress of a study: on a terminal one line that is written over, elsewhere a plain line now and then. */
import type { SendProgress } from '../app/listen-sending';
import type { Clock } from '../clock';
import { progressLine } from './listen-report';

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Between two lines where nobody watches. */
const PLAIN_INTERVAL_MS = 5000;

export class StudyProgress {
  #toldMs: number;

  constructor(
    private readonly clock: Clock,
    private readonly output: Output,
  ) {
    this.#toldMs = clock.monotonicMs();
  }

  reading(progress: SendProgress): void {
    this.line(progressLine(progress));
  }

  line(line: string): void {
    if (this.output.isTTY === true) {
      this.output.write(`\r\x1b[K${line}`);
      return;
    }
    const now = this.clock.monotonicMs();
    if (now - this.#toldMs < PLAIN_INTERVAL_MS) return;
    this.#toldMs = now;
    this.output.write(`${line}\n`);
  }

  end(): void {
    if (this.output.isTTY === true) this.output.write('\r\x1b[K');
  }
}
