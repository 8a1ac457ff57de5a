/**
 * The local exchange: blocks a second, requests a second over loopback, and whether a simulated week makes it grow.
 * @module
 */
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { formatScaled } from "../../src/core/units.ts";
import { Exchange } from "../../src/exchange/exchange.ts";
import { defaultSpec } from "../../src/sim/venue/default_spec.ts";
import { Venue } from "../../src/sim/venue/venue.ts";
import { quietWorld } from "../../src/sim/world/spec.ts";
import { World } from "../../src/sim/world/world.ts";
import type { Action, ActionReply } from "../../src/wire/hyperliquid/action.ts";
import { actionHash, agentDigest } from "../../src/wire/hyperliquid/hash.ts";
import { signDigest } from "../../src/wire/hyperliquid/sign.ts";
import { type BenchPlace, spawnExchange } from "./exchange_venue.ts";
import { conditions, median } from "./support.ts";

const START_US = 1_767_225_600e6;
const BLOCKS_PER_DAY = Math.floor(86_400e6 / 70_000);
const RESTING = 1_000;
const ACCOUNTS = 5;
const ROUNDS = 5;
const SECONDS = 4;
const ORDERS = 2_000;
const DAYS = Number(process.env.MMBIN_BENCH_DAYS ?? 7);
const HYPE = 2;

const rate = (count: number, startNs: number): number => count / ((Bun.nanoseconds() - startNs) / 1e9);
const text = (x: number): string => Math.round(x).toLocaleString("en-US");

/** A post-only order far below the market: it rests. */
const restingOrder = (i: number): Action => ({
  type: "order",
  orders: [{ a: HYPE, b: true, p: formatScaled(2_000 + (i % 500), 2), s: "1", r: false, t: { limit: { tif: "Alo" } } }],
  grouping: "na",
});

/** A venue behind its protocol, with resting orders of ordinary accounts. */
function makeVenue(): Venue {
  const venue = new Venue(defaultSpec("Testnet", 1, START_US));
  new Exchange(venue, { ipLimits: false });
  let resting = 0;
  for (let i = 0; i < RESTING; i++) {
    const account = venue.fund(`0x${String((i % ACCOUNTS) + 1).repeat(40)}`, 0, 10_000e6);
    const onReply = (reply: ActionReply): void => {
      if (JSON.stringify(reply).includes("resting")) resting += 1;
    };
    venue.submitHouse({ account, action: restingOrder(i), onReply });
  }
  venue.step();
  if (resting !== RESTING) throw new Error(`only ${resting} orders rest`);
  return venue;
}

/** Blocks a second: the median of rounds after one to warm up, and the share of blocks in which nothing is to be done. */
function blocks(participants: boolean, count: number): { perSecond: number; quietRatio: number } {
  const venue = makeVenue();
  const actor = participants ? new World(quietWorld(venue.spec), venue, 1) : null;
  const rounds: number[] = [];
  let quiet = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const startNs = Bun.nanoseconds();
    for (let i = 0; i < count; i++) {
      actor?.beforeBlock(venue);
      if (venue.pendingCount === 0) quiet += 1;
      venue.step();
    }
    if (round > 0) rounds.push(rate(count, startNs));
  }
  return { perSecond: median(rounds), quietRatio: quiet / (count * (ROUNDS + 1)) };
}

async function post(url: string, body: string): Promise<string> {
  const reply = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  return reply.text();
}

/** Runs `work` over 0, 1, 2, ... by so many at a time; how many a second. */
async function parallel(lanes: number, count: number, work: (i: number) => Promise<void>): Promise<number> {
  let next = 0;
  const startNs = Bun.nanoseconds();
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return rate(count, startNs);
}

/** Signed bodies, a distinct nonce each. */
function signed(place: BenchPlace, count: number, from: number): string[] {
  const nowMs = Date.now();
  return Array.from({ length: count }, (_, i) => {
    const action = restingOrder(i);
    const nonce = nowMs - 86_400_000 + from + i;
    const digest = agentDigest(actionHash(action, { nonce, vaultAddress: null, expiresAfter: null }), "Testnet");
    return JSON.stringify({
      action,
      nonce,
      signature: signDigest(digest, place.keys[i % place.keys.length] as string),
    });
  });
}

/** Posts over one socket, each answered by its id. */
async function openSocket(url: string): Promise<(type: string, payload: string) => Promise<string>> {
  const socket = new WebSocket(url);
  const waiting = new Map<number, (text: string) => void>();
  let id = 0;
  await new Promise<void>((resolve) => {
    socket.onopen = () => resolve();
  });
  socket.onmessage = (event) => {
    const reply = String(event.data);
    const own = Number(/^\{"channel":"post","data":\{"id":(\d+)/.exec(reply)?.[1]);
    waiting.get(own)?.(reply);
    waiting.delete(own);
  };
  return (type, payload) => {
    id += 1;
    socket.send(`{"method":"post","id":${id},"request":{"type":"${type}","payload":${payload}}}`);
    return new Promise((resolve) => waiting.set(id, resolve));
  };
}

function must(reply: string, what: string): void {
  if (!reply.includes(what)) throw new Error(`unexpected answer: ${reply.slice(0, 200)}`);
}

async function overLoopback(): Promise<void> {
  const place = await spawnExchange();
  try {
    const question = '{"type":"l2Book","coin":"HYPE"}';
    const info = async (): Promise<void> => must(await post(`${place.url}/info`, question), "levels");
    await parallel(16, 500, info);
    const one = await parallel(1, 500, info);
    const many = await parallel(16, Math.max(500, Math.round(one * SECONDS)), info);
    console.log(`HTTP info l2Book: ${text(one)} a second one by one, ${text(many)} with 16 at a time`);
    const bodies = signed(place, ORDERS, 0);
    const orders = await parallel(128, ORDERS, async (i) => {
      must(await post(`${place.url}/exchange`, bodies[i] as string), '"resting"');
    });
    console.log(`HTTP orders, signed before, 128 at a time: ${text(orders)} a second`);
    const send = await openSocket(place.ws);
    const asked = await parallel(64, 20_000, async () => must(await send("info", question), "levels"));
    console.log(`WebSocket posts, info l2Book, 64 at a time: ${text(asked)} a second`);
    const more = signed(place, ORDERS, ORDERS);
    const acted = await parallel(90, ORDERS, async (i) => must(await send("action", more[i] as string), '"resting"'));
    console.log(`WebSocket posts, orders signed before, 90 at a time: ${text(acted)} a second`);
  } finally {
    await place.stop();
  }
}

const residentMib = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? Number.NaN) / 1024;

/** A week as fast as it goes, in this process: resident memory at the end of each day. */
function week(): void {
  const venue = makeVenue();
  const actor = new World(quietWorld(venue.spec), venue, 1);
  for (let day = 1; day <= DAYS; day++) {
    const startNs = Bun.nanoseconds();
    for (let i = 0; i < BLOCKS_PER_DAY; i++) {
      actor.beforeBlock(venue);
      venue.step();
    }
    Bun.gc(true);
    const speed = text(rate(BLOCKS_PER_DAY, startNs));
    const heap = (process.memoryUsage().heapUsed / 2 ** 20).toFixed(1);
    console.log(`  day ${day}: ${residentMib().toFixed(0)} MiB resident, heap ${heap} MiB, ${speed} blocks a second`);
  }
}

if (process.argv[2] === "week") week();
else {
  console.log(`exchange (${conditions()}; load ${loadavg()[0]?.toFixed(1)})`);
  const idle = blocks(false, 100_000);
  console.log(`blocks with ${RESTING} resting orders, nobody acting: ${text(idle.perSecond)} a second`);
  const busy = blocks(true, 50_000);
  const quiet = `${(100 * busy.quietRatio).toFixed(0)} % of blocks without an event`;
  console.log(`the same with the default participants: ${text(busy.perSecond)} a second (${quiet})`);
  await overLoopback();
  console.log(`${DAYS} simulated days, default participants, ${RESTING} resting orders:`);
  const child = Bun.spawn([process.execPath, import.meta.path, "week"], { stdout: "inherit", stderr: "inherit" });
  await child.exited;
}
