import { describe, expect, test } from "bun:test";
import { cutLine, Screen } from "../../src/io/screen.ts";

/** A control sequence with its count and letter, or one character. */
const ESCAPE = String.fromCharCode(27);
const SEQUENCE = new RegExp(`${ESCAPE}\\[((\\d*)([AKJm]))|[\\s\\S]`, "g");

/** What a terminal shows: characters, line ends, cursor up, and the two ways of clearing. Lines longer than the width go on below. */
class Grid {
  columns: number;
  rows: number;
  lines: string[] = [""];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  size(): { columns: number; rows: number } {
    return { columns: this.columns, rows: this.rows };
  }

  write(text: string): void {
    for (const [part, , count, action] of text.matchAll(SEQUENCE)) {
      if (action === "A") this.#row = Math.max(0, this.#row - Number(count || 1));
      else if (action === "K") this.lines[this.#row] = this.#now.slice(0, this.#column);
      else if (action === "J") {
        this.lines.length = this.#row + 1;
        this.lines[this.#row] = this.#now.slice(0, this.#column);
      } else if (action === "m") continue;
      else if (part === "\r") this.#column = 0;
      else if (part === "\n") this.#next();
      else this.#put(part as string);
    }
  }

  get #now(): string {
    return this.lines[this.#row] as string;
  }

  #next(): void {
    this.#row += 1;
    this.#column = 0;
    this.lines[this.#row] ??= "";
  }

  #put(char: string): void {
    if (this.#column === this.columns) this.#next();
    this.lines[this.#row] = this.#now.slice(0, this.#column) + char + this.#now.slice(this.#column + 1);
    this.#column += 1;
  }

  /** Another width: lines that are too long are broken, as terminals do, and the cursor stays on the last one. */
  resize(columns: number): void {
    this.lines = this.lines.flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, "g")) ?? [""]);
    this.columns = columns;
    this.#row = this.lines.length - 1;
  }
}

describe("lines in place", () => {
  test("a refresh replaces the lines before it, whether they are more, fewer, longer or shorter", () => {
    const grid = new Grid(40, 10);
    grid.write("$ mmbin paper\n");
    const screen = new Screen(grid);
    screen.show(["one, at length", "two"]);
    expect(grid.lines).toEqual(["$ mmbin paper", "one, at length", "two", ""]);
    screen.show(["1"]);
    expect(grid.lines).toEqual(["$ mmbin paper", "1", ""]);
    screen.show(["eins", "zwei", "drei"]);
    expect(grid.lines).toEqual(["$ mmbin paper", "eins", "zwei", "drei", ""]);
  });

  test("notes stay above, in order, also one that takes several rows", () => {
    const grid = new Grid(20, 10);
    const screen = new Screen(grid);
    screen.note("before");
    screen.show(["a", "b"]);
    screen.note("connection lost: closed with code 1006");
    screen.note("back");
    screen.show(["A", "B"]);
    expect(grid.lines).toEqual(["before", "connection lost: clo", "sed with code 1006", "back", "A", "B", ""]);
  });

  test("a window that becomes narrower keeps no rest of the wider lines", () => {
    const grid = new Grid(60, 10);
    const screen = new Screen(grid);
    screen.note("start");
    screen.show(["x".repeat(55), "y".repeat(45)]);
    grid.resize(20);
    screen.show(["x".repeat(55), "y".repeat(45)]);
    expect(grid.lines).toEqual(["start", "x".repeat(19), "y".repeat(19), ""]);
    grid.resize(60);
    screen.note("wide again");
    expect(grid.lines).toEqual(["start", "wide again", "x".repeat(19), "y".repeat(19), ""]);
  });

  test("never more lines than the window has rows to move up", () => {
    const grid = new Grid(20, 4);
    const screen = new Screen(grid);
    for (let i = 0; i < 3; i++) screen.show(["1", "2", "3", "4", "5"]);
    expect(grid.lines).toEqual(["1", "2", "3", ""]);
  });

  test("the end takes away what was echoed below and leaves the lines", () => {
    const grid = new Grid(20, 10);
    const screen = new Screen(grid);
    screen.show(["status"]);
    grid.write("^C");
    screen.end();
    grid.write("report\n");
    expect(grid.lines).toEqual(["status", "report", ""]);
  });

  test("a cut line loses its colours, one that fits keeps them; wide characters count twice", () => {
    expect(cutLine("\u001b[31mred\u001b[0m", 3)).toBe("\u001b[31mred\u001b[0m");
    expect(cutLine("\u001b[31mred and more\u001b[0m", 7)).toBe("red and");
    expect(cutLine("市場市場", 5)).toBe("市場");
  });
});
