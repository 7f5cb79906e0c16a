/**
 * Shows the live view: on a terminal redrawn in place, elsewhere one line every few seconds.
 *
 * A frame is written in one piece, each line erased only behind its text, inside a synchronised update where
 * the terminal knows that: nothing flickers. Other output goes through `print`, which puts it above the view.
 */
import type { Clock, Timer } from '../clock';
import { displayWidth } from './display-text';
import { type LiveViewState, renderLiveLine, renderLiveView } from './render-live-view';

/** process.stdout, as far as it is needed. */
export interface LiveOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export interface LiveViewOptions {
  readonly state: () => LiveViewState;
  readonly output: LiveOutput;
  readonly clock: Clock;
  /** Between frames on a terminal; 500 ms where absent. */
  readonly frameMs?: number;
  /** Between lines elsewhere; 5 s where absent. */
  readonly lineMs?: number;
}

const ESC = '\x1b[';
const BEGIN_UPDATE = `${ESC}?2026h`;
const END_UPDATE = `${ESC}?2026l`;
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const ERASE_LINE_END = `${ESC}K`;
const ERASE_BELOW = `${ESC}J`;

export class LiveView {
  private readonly isTerminal: boolean;
  private timer: Timer | undefined;
  /** Widths of the lines on the screen now, from which the way back up is known even when it was resized. */
  private drawn: readonly number[] = [];

  constructor(private readonly options: LiveViewOptions) {
    this.isTerminal = options.output.isTTY === true;
  }

  start(): void {
    if (this.timer !== undefined) return;
    if (this.isTerminal) this.options.output.write(HIDE_CURSOR);
    this.tick();
  }

  /** Leaves the last frame standing and gives the cursor back. */
  stop(): void {
    if (this.timer === undefined) return;
    this.timer.cancel();
    this.timer = undefined;
    if (!this.isTerminal) return;
    this.draw();
    this.options.output.write(SHOW_CURSOR);
    this.drawn = [];
  }

  /** Writes finished lines, such as the logger's, above the view. */
  print(text: string): void {
    const { output } = this.options;
    if (!this.isTerminal || this.timer === undefined) {
      output.write(text);
      return;
    }
    const above = text.endsWith('\n') ? text : `${text}\n`;
    output.write(BEGIN_UPDATE + this.wayUp() + ERASE_BELOW + above);
    this.drawn = [];
    this.draw();
  }

  private tick(): void {
    const { output, clock, state, frameMs = 500, lineMs = 5000 } = this.options;
    if (this.isTerminal) this.draw();
    else output.write(`${renderLiveLine(state())}\n`);
    this.timer = clock.schedule(this.isTerminal ? frameMs : lineMs, () => this.tick());
  }

  private draw(): void {
    const { output, state } = this.options;
    // The last column stays free: a character in it makes some terminals begin a new line.
    const width = this.columns - 1;
    const height = Math.max(1, (output.rows || 24) - 1);
    const lines = renderLiveView(state(), width).slice(0, height);
    const text = lines.map((line) => `${line}${ERASE_LINE_END}\n`).join('');
    output.write(BEGIN_UPDATE + this.wayUp() + text + ERASE_BELOW + END_UPDATE);
    this.drawn = lines.map(displayWidth);
  }

  private get columns(): number {
    return Math.max(2, this.options.output.columns ?? 80);
  }

  /** To the beginning of the first line drawn; a line wider than the screen has become several. */
  private wayUp(): string {
    const { columns } = this;
    const rows = this.drawn.reduce(
      (sum, width) => sum + Math.max(1, Math.ceil(width / columns)),
      0,
    );
    return rows === 0 ? '\r' : `${ESC}${rows}A\r`;
  }
}
