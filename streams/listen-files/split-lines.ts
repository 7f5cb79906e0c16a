/** Lines out of chunks of bytes, each with its number, bounded in length. */
import { isUtf8 } from 'node:buffer';
import { quoted } from '../by-user/rejection-reasons';
import type { Chunks } from './decompress';
import { type RefusedLine, refusal } from './file-entry';

export interface TextLine {
  readonly line: number;
  /** Without its end (LF or CR LF). */
  readonly text: string;
}

export type SplitLine = TextLine | RefusedLine;

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The lines that end in each chunk; blank ones are left out, but counted. */
export async function* splitLines(
  chunks: Chunks,
  lineBytesMax: number,
): AsyncIterable<readonly SplitLine[]> {
  const splitter = new LineSplitter(lineBytesMax);
  for await (const chunk of chunks) {
    const lines = splitter.add(chunk);
    if (lines.length > 0) yield lines;
  }
  const last = splitter.end();
  if (last.length > 0) yield last;
}

class LineSplitter {
  #line = 1;
  /** What has come of the line that is not complete yet; nothing is kept of one that is too long. */
  #parts: Buffer[] = [];
  #length = 0;

  constructor(private readonly lineBytesMax: number) {}

  add(chunk: Buffer): SplitLine[] {
    const lines: SplitLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#take(chunk.subarray(start, end));
      this.#finish(lines);
      start = end + 1;
    }
    this.#take(chunk.subarray(start));
    return lines;
  }

  end(): SplitLine[] {
    const lines: SplitLine[] = [];
    this.#finish(lines);
    return lines;
  }

  #take(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.lineBytesMax) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  #finish(lines: SplitLine[]): void {
    const entry = this.#entry();
    if (entry) lines.push(entry);
    this.#parts = [];
    this.#length = 0;
    this.#line++;
  }

  #entry(): SplitLine | undefined {
    const line = this.#line;
    if (this.#length > this.lineBytesMax) {
      const detail = `${this.#length} bytes, at most ${this.lineBytesMax} are read`;
      return { line, refusal: refusal('LINE_TOO_LONG', detail) };
    }
    let bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    if (line === 1 && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) bytes = bytes.subarray(3);
    if (!isUtf8(bytes)) {
      return { line, refusal: refusal('NOT_UTF8', quoted(bytes.toString('latin1'))) };
    }
    const text = bytes.toString('utf8');
    if (text.trim() === '') return undefined;
    return { line, text: text.endsWith('\r') ? text.slice(0, -1) : text };
  }
}
