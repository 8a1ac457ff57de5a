/**
 * A few lines at the bottom of a terminal that are rewritten in place, and notes that stay above them.
 * @module
 */
import { writeSync } from "node:fs";

/** What a screen is drawn on. */
export interface Terminal {
  write(text: string): void;
  size(): ScreenSize;
}

export interface ScreenSize {
  columns: number;
  rows: number;
}

const CLEAR_LINE_END = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";
/** Where a terminal does not say how large it is. */
const SIZE_UNKNOWN: ScreenSize = { columns: 80, rows: 24 };

/** Lines in place. The cursor rests at the start of the line below them. */
export class Screen {
  readonly #terminal: Terminal;
  #shown: string[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  size(): ScreenSize {
    return this.#terminal.size();
  }

  /** Shows these lines in place of the ones before, cut to the width; what does not fit the height is left out. */
  show(lines: readonly string[]): void {
    const { columns, rows } = this.#terminal.size();
    // A terminal that is filled to its last column, or last row, scrolls or wraps when the line ends.
    const cut = lines.slice(0, Math.max(1, rows - 1)).map((line) => cutLine(line, columns - 1));
    this.#terminal.write(this.#toTop(columns) + drawn(cut) + CLEAR_BELOW);
    this.#shown = cut;
  }

  /** Writes a line that stays, above those shown. */
  note(line: string): void {
    const { columns } = this.#terminal.size();
    const shown = this.#shown.map((text) => cutLine(text, columns - 1));
    this.#terminal.write(`${this.#toTop(columns)}${CLEAR_BELOW}${line}\n${drawn(shown)}`);
    this.#shown = shown;
  }

  /** Leaves the lines standing, and takes away what was echoed below them (the ^C that ended a run). */
  end(): void {
    if (this.#shown.length > 0) this.#terminal.write(`\r${CLEAR_LINE_END}`);
    this.#shown = [];
  }

  /** Up to the first line shown. A terminal that became narrower has broken lines in two, and that moved the first one up. */
  #toTop(columns: number): string {
    let rows = 0;
    for (const line of this.#shown) rows += Math.max(1, Math.ceil(Bun.stringWidth(line) / Math.max(1, columns)));
    return rows === 0 ? "\r" : `\r\u001b[${rows}A`;
  }
}

const drawn = (lines: readonly string[]): string => lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join("");

/** Cuts a line to a width; one that is cut loses its colours too. */
export function cutLine(line: string, width: number): string {
  if (Bun.stringWidth(line) <= width) return line;
  let cut = "";
  let used = 0;
  for (const char of Bun.stripANSI(line)) {
    used += Bun.stringWidth(char);
    if (used > width) break;
    cut += char;
  }
  return cut.trimEnd();
}

/** The screen on stderr, or null where it is none: no terminal, or one that cannot move its cursor. */
export function openScreen(): Screen | null {
  if (process.stderr.isTTY !== true || process.env.TERM === "dumb") return null;
  return new Screen({
    write: (text) => {
      try {
        writeSync(2, text);
      } catch {
        // A terminal that is full or gone misses a refresh; the next one draws all of it again.
      }
    },
    size: () => {
      // Asked anew each time: a user may resize the window.
      const [columns, rows] = process.stderr.getWindowSize?.() ?? [];
      return { columns: columns || SIZE_UNKNOWN.columns, rows: rows || SIZE_UNKNOWN.rows };
    },
  });
}
