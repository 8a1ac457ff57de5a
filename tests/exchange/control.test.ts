import { describe, expect, test } from "bun:test";
import { Control } from "../../src/exchange/control.ts";
import { type ControlCommand, parseControl } from "../../src/exchange/control_schema.ts";
import { Exchange } from "../../src/exchange/exchange.ts";
import { FaultyDoor } from "../../src/exchange/faulty.ts";
import { Host } from "../../src/exchange/host.ts";
import type { HttpReply } from "../../src/exchange/wire.ts";
import { DrivenClock } from "../../src/io/clock.ts";
import { FaultPlan } from "../../src/sim/fault.ts";
import { defaultSpec } from "../../src/sim/venue/default_spec.ts";
import { Venue } from "../../src/sim/venue/venue.ts";
import { quietWorld } from "../../src/sim/world/spec.ts";
import { World } from "../../src/sim/world/world.ts";
import type { Action } from "../../src/wire/hyperliquid/action.ts";

const START_US = 1_767_225_600e6;
const USER = "0x1111111111111111111111111111111111111111";

interface Desk {
  venue: Venue;
  door: FaultyDoor;
  plan: FaultPlan;
  /** Posts a command; its JSON, or the line of a refusal. */
  say(command: object | string): Promise<unknown>;
  info(question: object): unknown;
  /** The account's state on a dex, as clients ask it. */
  market(coin: string): NonNullable<ReturnType<Venue["marketByCoin"]>>;
}

function desk(): Desk {
  const venue = new Venue(defaultSpec("Testnet", 1, START_US));
  const participants = new World(quietWorld(venue.spec), venue, 1);
  const plan = new FaultPlan(1);
  const door = new FaultyDoor(new Exchange(venue, { ipLimits: false }), plan, () => venue.nowUs);
  const clock = new DrivenClock(START_US);
  const host = new Host({ venue, clock, participants, afterBlock: () => door.tick(), manual: true });
  const control = new Control({ venue, host, door, plan, world: participants });
  return {
    venue,
    door,
    plan,
    say: async (command) => {
      const reply = await control.post(typeof command === "string" ? command : JSON.stringify(command));
      if (reply.status === 200) return JSON.parse(reply.text);
      expect([reply.status, reply.contentType, reply.text.trimEnd().includes("\n")]).toEqual([
        400,
        "text/plain",
        false,
      ]);
      return reply.text.trimEnd();
    },
    info: (question) => {
      let answer: HttpReply | null = null;
      door.post("/info", JSON.stringify(question), (reply) => {
        answer = reply;
      });
      return answer === null ? null : JSON.parse((answer as HttpReply).text);
    },
    market: (coin) => venue.marketByCoin(coin) as NonNullable<ReturnType<Venue["marketByCoin"]>>,
  };
}

describe("the operator's verbs", () => {
  test("step makes blocks and jump makes none", async () => {
    const { say } = desk();
    const stepped = { ok: true, blocks: 1_000, time_ms: START_US / 1000 + 70_000 };
    expect(await say({ do: "step", blocks: 1_000 })).toEqual(stepped);
    expect(await say({ do: "jump", ms: 5_000 })).toEqual({ ok: true, time_ms: stepped.time_ms + 5_000 });
    expect(await say({ do: "state" })).toMatchObject({ blocks: 1_000, time_ms: stepped.time_ms + 5_000 });
  });

  test("disconnect ends every connection", async () => {
    const { say, door } = desk();
    let drops = 0;
    for (let i = 0; i < 3; i++)
      door.open({
        send: () => {},
        drop: () => {
          drops += 1;
        },
      });
    expect(await say({ do: "state" })).toMatchObject({ clients: 3 });
    expect(await say({ do: "disconnect" })).toEqual({ ok: true, connections: 3 });
    expect([drops, door.clientCount]).toEqual([3, 0]);
  });

  test("fault adds a rule that strikes, clear takes all of them away", async () => {
    const { say, info } = desk();
    const mids = { type: "allMids" };
    expect(await say({ do: "fault", kind: "drop", on: "/info", count: 1 })).toEqual({ ok: true, rules: 1 });
    expect(info(mids)).toBe(null);
    expect(info(mids)).toHaveProperty("BTC");
    await say({ do: "fault", kind: "status", status: 429, on: "/info" });
    expect(info(mids)).toBe(null);
    expect(await say({ do: "state" })).toMatchObject({ fault_rules: 1, faults: 2 });
    expect(await say({ do: "clear" })).toEqual({ ok: true, struck: 2 });
    expect(info(mids)).toHaveProperty("BTC");
  });

  test.each([
    [{ kind: "timeout" }, { kind: "drop", direction: "in", on: "/exchange" }],
    [
      { kind: "timeout", executed: true, count: 2 },
      { kind: "drop", direction: "out", on: "/exchange", countMax: 2 },
    ],
    [
      { kind: "delay", ms: 250, direction: "in" },
      { kind: "delay", direction: "in", on: "*", ms: 250 },
    ],
    [{ kind: "status" }, { kind: "status", direction: "in", status: 503, countMax: null }],
    [
      { kind: "reorder", on: "bbo", chance: 0.1 },
      { kind: "reorder", direction: "out", on: "bbo", chanceRatio: 0.1 },
    ],
  ])("fault %p is the rule %p", async (command, rule) => {
    const { say, plan } = desk();
    const added: unknown[] = [];
    plan.add = (one): void => void added.push(one);
    await say({ do: "fault", ...command });
    expect(added).toEqual([expect.objectContaining(rule)]);
  });

  test("halt settles and stops a market, and opens it again", async () => {
    const { say, market } = desk();
    await say({ do: "step", blocks: 200 });
    expect(await say({ do: "halt", coin: "sim:HYPE", halted: true })).toEqual({ ok: true });
    await say({ do: "step", blocks: 100 });
    expect([market("sim:HYPE").halted, market("sim:HYPE").book.bids.length]).toEqual([true, 0]);
    await say({ do: "halt", coin: "sim:HYPE", halted: false });
    await say({ do: "step", blocks: 100 });
    expect(market("sim:HYPE").book.bids.length).toBeGreaterThan(3);
  });

  test("delist takes a market off the list", async () => {
    const { say, market } = desk();
    await say({ do: "step", blocks: 200 });
    expect(await say({ do: "delist", coin: "ETH" })).toEqual({ ok: true });
    expect([market("ETH").delisted, market("ETH").book.asks.length, market("BTC").delisted]).toEqual([true, 0, false]);
  });

  test("fees changes scale and growth mode of a HIP-3 market, each by itself", async () => {
    const { say, market } = desk();
    expect(await say({ do: "fees", coin: "sim:HYPE", growth: true })).toEqual({ ok: true, scale: "1.0", growth: true });
    expect(await say({ do: "fees", coin: "sim:HYPE", scale: "0.5" })).toEqual({ ok: true, scale: "0.5", growth: true });
    expect(await say({ do: "fees", coin: "sim:HYPE", scale: null, growth: false })).toEqual({
      ok: true,
      scale: "1.0",
      growth: false,
    });
    expect(market("sim:HYPE").growth).toBe(false);
    expect(await say({ do: "fees", coin: "BTC", growth: true })).toStartWith("fees: only HIP-3 markets");
  });

  test("oracle moves the market there, and it stays", async () => {
    const { say, market } = desk();
    await say({ do: "step", blocks: 100 });
    expect(await say({ do: "oracle", coin: "HYPE", px: "31.5" })).toEqual({ ok: true, px: "31.5" });
    await say({ do: "step", blocks: 1_500 });
    const mid = market("HYPE").midPx / 1e4;
    expect(Math.abs(mid / 31.5 - 1)).toBeLessThan(0.005);
    expect(Math.abs(market("HYPE").oraclePx / 1e4 / 31.5 - 1)).toBeLessThan(0.005);
    expect(await say({ do: "oracle", coin: "HYPE", px: "31.23456" })).toBe(
      "oracle: px is above 0 and has at most 4 decimals",
    );
  });

  test("fund, volume and requests make an account what a test needs", async () => {
    const { say, info, venue } = desk();
    expect(await say({ do: "fund", address: USER, usd: 123.45 })).toEqual({ ok: true, withdrawable: "123.45" });
    expect(
      await say({ do: "fund", address: USER.toUpperCase().replace("0X", "0x"), usd: 7, dex: "sim" }),
    ).toMatchObject({
      withdrawable: "7",
    });
    expect(info({ type: "clearinghouseState", user: USER })).toMatchObject({ withdrawable: "123.45" });
    expect(await say({ do: "volume", address: USER, usd: 56_000 })).toEqual({ ok: true, used: 0, cap: 66_000 });
    expect(await say({ do: "requests", address: USER, used: 61_400 })).toEqual({ ok: true, used: 61_400, cap: 66_000 });
    expect(info({ type: "userRateLimit", user: USER })).toMatchObject({ cumVlm: "56000.0", nRequestsUsed: 61_400 });
    expect(venue.find(USER)?.limiter.volumeUsd).toBe(56_000e6);
    const house = [...venue.accounts()].find((account) => account.isHouse)?.address as string;
    expect(await say({ do: "fund", address: house, usd: 1 })).toBe(`fund: ${house} is one of the venue's own`);
    expect(await say({ do: "fund", address: USER, usd: 1, dex: "xyz" })).toBe("fund: dex xyz is not there");
  });

  test("state counts, and its money balances", async () => {
    const { say, venue } = desk();
    await say({ do: "fund", address: USER, usd: 1_000 });
    // Spot money counts as well, and what a withdrawal takes away.
    const chain = { signatureChainId: "0x66eee", hyperliquidChain: "Testnet" as const };
    const account = venue.accountOf(USER);
    const toSpot: Action = { type: "usdClassTransfer", amount: "100", toPerp: false, nonce: 1, ...chain };
    const away: Action = { type: "withdraw3", destination: USER, amount: "50", time: 2, ...chain };
    venue.submitHouse({ account, action: toSpot });
    venue.submitHouse({ account, action: away });
    await say({ do: "step", blocks: 3_000 });
    expect(account.spot.get(0)).toBe(100e8);
    const state = (await say({ do: "state" })) as Record<string, unknown> & { tokens: Record<string, string>[] };
    expect(state).toMatchObject({ ok: true, blocks: 3_000, accounts: 1, house_accounts: 5, clients: 0, pending: 0 });
    expect(state.open_orders).toBeGreaterThan(100);
    expect(state.positions).toBeGreaterThan(5);
    expect(state.tokens[0]).toMatchObject({ token: "USDC", deposited: "20001000.0", difference: "0.0", kept: "50.0" });
    expect(Number(state.tokens[0]?.fees)).toBeGreaterThan(0);
  });
});

test("help has an example of every verb, and each is understood", async () => {
  const { say } = desk();
  const { verbs } = (await say({ do: "help" })) as { verbs: { example: { do: string }; help: string }[] };
  const refusal = (await say({ do: "" })) as string;
  const known = refusal.replace("do is one of ", "").split(", ");
  expect([...new Set(verbs.map((v) => v.example.do))].sort()).toEqual(known.sort());
  for (const { example } of verbs) expect(parseControl(JSON.stringify(example))).toEqual(example as ControlCommand);
  for (const { example } of verbs) expect(await say(example)).toHaveProperty("ok", true);
});

describe("what is refused", () => {
  test.each([
    ["{", "not JSON"],
    [
      "null",
      "do is one of step, jump, disconnect, fault, clear, halt, fees, delist, oracle, fund, volume, requests, state",
    ],
    ['{"do":"stp"}', "did you mean step?"],
    ['{"do":"toString"}', "do is one of step"],
    ['{"do":"step"}', "step: blocks is not: expected number"],
    ['{"do":"step","blocks":0}', "step: blocks"],
    ['{"do":"step","blocks":1,"n":2}', "step: unknown key n (known: blocks)"],
    ['{"do":"clear","all":true}', "clear: unknown key all (known: none)"],
    ['{"do":"jump","ms":-1}', "jump: ms"],
    ['{"do":"fault","kind":"explode"}', "fault: kind"],
    ['{"do":"fault","kind":"delay"}', "fault: ms is needed by kind delay"],
    ['{"do":"fault","kind":"drop","ms":5}', "fault: ms is needed by kind delay, and by no other"],
    ['{"do":"fault","kind":"drop","executed":true}', "fault: executed is for kind timeout"],
    ['{"do":"fault","kind":"timeout","direction":"in"}', "fault: a timeout has executed"],
    ['{"do":"fault","kind":"status","status":404}', "fault: status"],
    ['{"do":"fault","kind":"drop","status":503}', "fault: status is for kind status"],
    ['{"do":"fault","kind":"drop","chance":2}', "fault: chance"],
    ['{"do":"fault","kind":"drop","on":"exchange"}', "fault: on is *, /info, /exchange, a channel or a method"],
    ['{"do":"fault","kind":"disconnect","on":"/info"}', "fault: disconnect out never strikes /info"],
    ['{"do":"fault","kind":"status","on":"bbo"}', "fault: status in never strikes bbo"],
    ['{"do":"halt","coin":"DOGE","halted":true}', "halt: coin DOGE is not listed"],
    ['{"do":"fees","coin":"sim:HYPE","scale":1}', "fees: scale"],
    [`{"do":"volume","address":"0x${"2".repeat(40)}","usd":9e9}`, "volume: usd"],
    ['{"do":"fees","coin":"sim:HYPE","scale":"10"}', "fees: scale is a decimal below 10"],
    ['{"do":"oracle","coin":"HYPE","px":30}', "oracle: px"],
    ['{"do":"fund","address":"0x12","usd":5}', "fund: address is 0x and 40 hexadecimal digits"],
    ['{"do":"fund","address":"0x1111111111111111111111111111111111111111","usd":-5}', "fund: usd"],
  ])("%s", async (body, message) => {
    const { say, venue } = desk();
    expect(await say(body)).toContain(message);
    expect(venue.blockCount).toBe(0);
  });
});
