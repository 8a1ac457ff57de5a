import { expect, test } from "bun:test";
import { join } from "node:path";

const CHILD = join(import.meta.dir, "../fixtures/signals_child.ts");

/** What a process heard; "" when it is gone before it can say so. */
function heardOf(isReal: boolean, what: string, before = ""): { out: string; err: string } {
  const words = [process.execPath, CHILD, isReal ? "real" : "paper", what].map((word) => `'${word}'`).join(" ");
  const child = Bun.spawnSync(["sh", "-c", `${before}exec ${words}`]);
  return { out: child.stdout.toString(), err: child.stderr.toString() };
}

test.each([
  ["hangup", 143, 1],
  ["promise", 1, 0],
  ["timer", 1, 0],
] as const)("with real orders %s asks to end and does not end at once", (what, code, count) => {
  const { out, err } = heardOf(true, what);
  expect(JSON.parse(out)).toEqual({ code, count });
  expect(err.includes("mmbin: bug: Error: nobody caught this")).toBe(code === 1);
  expect(heardOf(false, what).out).toBe("");
});

test("who was told to outlive its terminal does", () => {
  expect(JSON.parse(heardOf(true, "hangup", "trap '' HUP; ").out)).toEqual({ code: 0, count: 0 });
});
