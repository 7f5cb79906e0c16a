/** A terminal as far as the live view uses one: cursor up, erasing, wrapping, and reflow when it is resized. */
export class TestScreen {
  readonly isTTY = true;
  raw = '';
  writes = 0;
  private lines: string[] = [''];
  private row = 0;
  private column = 0;

  constructor(
    public columns: number,
    readonly rows: number,
  ) {}

  write(text: string): void {
    this.raw += text;
    this.writes += 1;
    for (const [token] of text.matchAll(/\p{Cc}\[[?\d]*[A-Za-z]|./gsu)) this.take(token);
  }

  /** As most terminals do: what was too long for the new width goes on in the next row. */
  resize(columns: number): void {
    this.columns = columns;
    this.lines = this.lines.flatMap((line) => {
      const rows = Math.max(1, Math.ceil(line.length / columns));
      return Array.from({ length: rows }, (_, row) =>
        line.slice(row * columns, (row + 1) * columns),
      );
    });
    this.row = this.lines.length - 1;
    this.column = 0;
  }

  text(): string {
    return this.lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  private take(token: string): void {
    const up = /^\p{Cc}\[(\d+)A$/u.exec(token);
    if (up) this.row = Math.max(0, this.row - Number(up[1]));
    else if (token === '\x1b[K') this.lines[this.row] = this.line.slice(0, this.column);
    else if (token === '\x1b[J') {
      this.lines[this.row] = this.line.slice(0, this.column);
      this.lines.length = this.row + 1;
    } else if (token === '\r') this.column = 0;
    else if (token === '\n') this.lineFeed();
    else if (!token.startsWith('\x1b')) this.put(token);
  }

  private get line(): string {
    return this.lines[this.row] ?? '';
  }

  private lineFeed(): void {
    this.row += 1;
    this.column = 0;
    this.lines[this.row] ??= '';
  }

  private put(character: string): void {
    if (this.column >= this.columns) this.lineFeed();
    const before = this.line.padEnd(this.column).slice(0, this.column);
    this.lines[this.row] = before + character + this.line.slice(this.column + 1);
    this.column += 1;
  }
}
