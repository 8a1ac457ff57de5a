import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askCtl, serveCtl } from "../../src/run/ctl.ts";

const before = process.env.XDG_RUNTIME_DIR;
const folder = mkdtempSync(join(tmpdir(), "mmbin-ctl-"));
process.env.XDG_RUNTIME_DIR = folder;
afterAll(() => {
  if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
  else process.env.XDG_RUNTIME_DIR = before;
  rmSync(folder, { recursive: true });
});

test("what a command breaks is heard by the run, and told to who gave it", async () => {
  const bugs: string[] = [];
  const socket = serveCtl(
    "run-1",
    (command) => {
      if (command === "reduce") throw new Error("broken");
      return { run_id: "run-1" };
    },
    (error) => bugs.push(error.message),
  );
  try {
    expect(await askCtl("pause", null)).toMatchObject({ ok: true, run_id: "run-1" });
    expect(await askCtl("reduce", "run")).toMatchObject({ ok: false, error: "the run broke over it, and ends" });
    expect(bugs).toEqual(["broken"]);
  } finally {
    socket.stop();
  }
});
