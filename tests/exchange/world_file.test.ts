import { describe, expect, test } from "bun:test";
import { parseWorld, worldHash } from "../../src/exchange/world_file.ts";
import { MODEL_KEYS } from "../../src/exchange/world_schema.ts";
import { loadWorld, WORLD_NAMES } from "../../src/exchange/worlds.ts";
import { UserError } from "../../src/io/exit.ts";
import { QUIET_MODEL, type WorldSpec } from "../../src/sim/world/spec.ts";
import { START_US } from "../sim/world/support.ts";

const HEAD = `[world]
name = "mine"

[[dex]]
name = ""
[[dex.market]]
coin = "ONE"
sz_decimals = 2
max_leverage = 10
oracle_px = "40"
[[dex.market]]
coin = "TWO"
sz_decimals = 2
max_leverage = 10
oracle_px = "50"
`;
const MODEL = `
[[model]]
coin = "ONE"
[model.makers]
half_bps = 3
size_usd = 500
`;

const read = (text: string): WorldSpec => parseWorld(text, "w.toml", "Testnet", 1, START_US);
const refusal = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof UserError) return `${error.exitCode} ${error.message}`;
    throw error;
  }
  return "accepted";
};

describe("a world file", () => {
  test("says what differs from the quiet model", () => {
    const { models, venue, name } = read(HEAD + MODEL);
    expect([name, venue.dexs[0]?.markets.map((m) => m.coin)]).toEqual(["mine", ["ONE", "TWO"]]);
    expect(models.get("ONE")).toEqual({
      ...QUIET_MODEL,
      makers: { ...QUIET_MODEL.makers, halfBps: 3, sizeUsd: 500e6 },
    });
    expect(models.has("TWO")).toBe(false);
  });

  test("without markets has the default ones, and may have rules of its own", () => {
    const { venue } = read('[world]\nname = "mine"\n[rules]\nblock_ms = 100\n');
    expect([venue.dexs.length, venue.rules.blockUs]).toEqual([2, 100_000]);
  });

  test.each([
    ["nothing", "", "3 w.toml:1: world: is missing (allowed: a table [world])"],
    ["no TOML", "[world", "3 w.toml: not TOML:"],
    ["a strange table", `${HEAD}[wolrd]\n`, "3 w.toml:16: unknown key wolrd: did you mean world?"],
    [
      "a strange key of the world",
      '[world]\nname = "a"\ncalm = 3\n',
      "3 w.toml:3: unknown key calm (known: name, about,",
    ],
    [
      "a bad name",
      '[world]\nname = "A b"\n',
      "3 w.toml:2: world.name: has a value that is not allowed (allowed: 1 to 24",
    ],
    [
      "a regime of nothing",
      '[world]\nname = "a"\ncalm_seconds = 0\n',
      "3 w.toml:3: world.calm_seconds: has a value that is not allowed (allowed: 1 to 10000000)",
    ],
    [
      "a model of no coin",
      `${HEAD}[[model]]\ncoin = "THREE"\n`,
      "3 w.toml:17: model.coin: has a value that is not allowed (allowed: each of ONE, TWO once)",
    ],
    ["two models of a coin", HEAD + MODEL + MODEL, "3 w.toml:24: model.coin:"],
    [
      "a strange group",
      `${HEAD}[[model]]\ncoin = "ONE"\n[model.maker]\n`,
      "3 w.toml:18: unknown key maker: did you mean makers?",
    ],
    ["a strange key", `${HEAD + MODEL}haf_bps = 1\n`, "3 w.toml:22: unknown key haf_bps: did you mean half_bps?"],
    [
      "a number out of range",
      `${HEAD + MODEL}count = 17\n`,
      "3 w.toml:22: model.makers.count: has a value that is not allowed (allowed: 1 to 16, whole)",
    ],
    ["no whole number", `${HEAD + MODEL}count = 1.5\n`, "3 w.toml:22: model.makers.count: has"],
    [
      "a text for a number",
      `${HEAD + MODEL}gap_bps = "1"\n`,
      "3 w.toml:22: model.makers.gap_bps: has a value that is not allowed (allowed: 0 to 100)",
    ],
    ["no number at all", `${HEAD + MODEL}gap_bps = nan\n`, "3 w.toml:22: model.makers.gap_bps: has"],
    [
      "a number for a flag",
      `${HEAD + MODEL}[model.hours]\nhalted = 1\n`,
      "3 w.toml:23: model.hours.halted: has a value that is not allowed (allowed: true or false)",
    ],
    [
      "levels upside down",
      `${HEAD + MODEL}[model.sweeps]\nlevels_min = 9\n`,
      "3 w.toml:23: model.sweeps.levels_min: has a value that is not allowed (allowed: at most levels_max)",
    ],
    [
      "a leader that is not there",
      `${HEAD + MODEL}[model.fair]\nleader = "THREE"\n`,
      "3 w.toml:23: model.fair.leader: has",
    ],
    ["its own leader", `${HEAD + MODEL}[model.fair]\nleader = "ONE"\n`, "3 w.toml:23: model.fair.leader: has"],
    ["a market that is none", HEAD.replace("sz_decimals = 2", "sz_decimals = 9"), "3 w.toml:8: sz_decimals:"],
  ])("%s is refused in one line", (_, text, message) => {
    expect(refusal(text)).toStartWith(message);
    expect(refusal(text)).not.toContain("\n");
  });

  test("of a leader that follows is refused", () => {
    const follow = (coin: string, leader: string): string =>
      `[[model]]\ncoin = "${coin}"\n[model.fair]\nleader = "${leader}"\n`;
    expect(refusal(HEAD + follow("ONE", "TWO"))).toBe("accepted");
    expect(refusal(HEAD + follow("ONE", "TWO") + follow("TWO", "ONE"))).toContain("follows none itself");
  });
});

describe("the hash of a world", () => {
  const hash = (text: string): string => worldHash(read(text));
  const base = hash(HEAD + MODEL);

  test("is of what it is, not of how it is written or called", () => {
    const other = `# said differently\n${HEAD.replace('"mine"', '"other"')}
[[model]]
coin = "ONE"
[model.makers]
size_usd = 500.0
half_bps = 3.0
levels = ${QUIET_MODEL.makers.levels}
[[model]]
coin = "TWO"
`;
    expect(hash(other)).toBe(base);
    expect(base).toMatch(/^[0-9a-f]{12}$/);
  });

  test("does not know seed, start or network", () => {
    expect(worldHash(parseWorld(HEAD + MODEL, "w", "Mainnet", 99, 5e15))).toBe(base);
  });

  test.each([
    ["a market", HEAD.replace('"40"', '"41"') + MODEL],
    ["a rule", `${HEAD + MODEL}[rules]\nblock_ms = 71\n`],
    ["a regime", HEAD.replace('"mine"', '"mine"\nbusy_seconds = 9') + MODEL],
    ["a model", HEAD + MODEL.replace("half_bps = 3", "half_bps = 3.01")],
  ])("changes with %s", (_, text) => {
    expect(hash(text)).not.toBe(base);
  });
});

describe("the worlds of the program", () => {
  test("are read under their own names, each with a hash of its own", () => {
    const worlds = WORLD_NAMES.map((name) => loadWorld(name, "Testnet", 1, START_US));
    expect(worlds.map((w) => w.name)).toEqual([...WORLD_NAMES]);
    expect(worlds.every((w) => w.about.length > 10)).toBe(true);
    expect(new Set(worlds.map(worldHash)).size).toBe(WORLD_NAMES.length);
  });

  test("another name is refused with the nearest", () => {
    expect(() => loadWorld("hip3-miror", "Testnet", 1, 0)).toThrow("no world hip3-miror: did you mean hip3-mirror?");
    expect(() => loadWorld("nowhere.toml", "Testnet", 1, 0)).toThrow("nowhere.toml: no such file");
  });

  test("the keys of files are those of the program", () => {
    for (const [group, keys] of Object.entries(MODEL_KEYS))
      expect(keys.length).toBe(Object.keys(QUIET_MODEL[group as keyof typeof QUIET_MODEL]).length);
  });
});
