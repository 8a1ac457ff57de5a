/**
 * Frames that third parties captured at the live venue, and frames of the local exchange beside them: the same keys in the same order, the same
 * kinds of values.
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ExchangeFixture, until } from "../fixtures/loopback_exchange.ts";
import { limit, type NkClients, nextCloid, nkFunded, refusalOf } from "../fixtures/nktkas.ts";

const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const CAPTURED = readFileSync(join(import.meta.dir, "../fixtures/captured.ndjson"), "utf8")
  .trim()
  .split("\n");
const BTC = 0;

/** What a value is, where the value itself does not matter. */
function kindOf(value: unknown, key: string): string {
  if (typeof value !== "string") return value === null ? "null" : typeof value;
  if (/^-?\d+\.\d+$/.test(value)) return "decimal";
  if (/^0x[0-9a-f]+$/.test(value)) return `hex ${value.length}`;
  // Names differ, words of the protocol do not.
  return ["coin", "dex", "s"].includes(key) ? "name" : value;
}

/** Keys in their order and kinds of values; of a list the different kinds of its items. */
function skeletonOf(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) {
    const kinds = value.map((item) => JSON.stringify(skeletonOf(item, key)));
    return key === "bbo" ? kinds : [...new Set(kinds)].sort();
  }
  if (typeof value !== "object" || value === null) return kindOf(value, key);
  // Accounts of one balance for all dexs have it; ours are standard ones.
  const { tokenToAvailableAfterMaintenance: _, ...told } = value as { [key: string]: unknown };
  return Object.entries(told).map(([name, inner]) => {
    // Null for an hour, a count for what was put together of several (captured both ways).
    if (name === "nSamples") return [name, "count or null"];
    // Sides and directions are chance; keys of mids are coins.
    if (["side", "dir"].includes(name)) return [name, "word"];
    if (name === "mids") return [name, [...new Set(Object.values(inner as object).map((px) => kindOf(px, "")))]];
    return [name, skeletonOf(inner, name)];
  });
}

const skeleton = (text: string): string => JSON.stringify(skeletonOf(JSON.parse(text)));

describe.skipIf(!enabled)("frames as captured (needs MMBIN_PROCESS_TESTS=1)", () => {
  let venue: ExchangeFixture;
  const heard: string[] = [];

  /** Connects, subscribes, and listens until the end of the file. */
  async function listen(...subscriptions: object[]): Promise<WebSocket> {
    const socket = new WebSocket(venue.ws);
    socket.onmessage = (event) => heard.push(String(event.data));
    await new Promise((resolve) => {
      socket.onopen = resolve;
    });
    for (const subscription of subscriptions) socket.send(JSON.stringify({ method: "subscribe", subscription }));
    const acks = (): number => heard.filter((text) => text.startsWith('{"channel":"subscriptionResponse"')).length;
    const before = acks();
    await until(
      "all acknowledged",
      () => acks() >= before + subscriptions.length || socket.readyState === WebSocket.CLOSED,
    );
    return socket;
  }

  /** Orders of a client: rests and is cancelled, fills at once, is refused, fills with a builder's fee. */
  async function trade(me: NkClients): Promise<void> {
    const place = (...order: Parameters<typeof limit>) =>
      me.exchange.order({ orders: [limit(...order)], grouping: "na" });
    const cloid = nextCloid();
    await place(BTC, false, "90011", "0.1", { tif: "Alo", cloid });
    await me.exchange.cancelByCloid({ cancels: [{ asset: BTC, cloid }] });
    await refusalOf(place(BTC, true, "90010", "0.1", { tif: "Alo", cloid: nextCloid() }));
    await place(BTC, true, "90010", "0.1", { tif: "Ioc", cloid: nextCloid() });
    const builder = { b: "0x6530512a6c89c7cfcebc3ba7fcd9ada5f30827a6" as const, f: 10 };
    await me.exchange.approveBuilderFee({ builder: builder.b, maxFeeRate: "0.01%" });
    await me.exchange.order({ orders: [limit(BTC, true, "90010", "0.1", { tif: "Ioc" })], grouping: "na", builder });
  }

  /** Somebody with forty times leverage falls into a bid of ours. */
  async function liquidate(me: NkClients): Promise<void> {
    const victim = nkFunded(venue, 802, 2_500);
    await victim.exchange.updateLeverage({ asset: BTC, isCross: true, leverage: 40 });
    await victim.exchange.order({ orders: [limit(BTC, true, "90010", "1", { tif: "Ioc" })], grouping: "na" });
    venue.clearHouse();
    // Equity of about 900 lies between the maintenance margin, 1,106, and two thirds of it, below which the venue itself takes over.
    venue.house("BTC", true, "88440", "100");
    venue.house("BTC", false, "88460", "100");
    const bid = limit(BTC, true, "88450", "0.5", { tif: "Alo", cloid: nextCloid() });
    await me.exchange.order({ orders: [bid], grouping: "na" });
    venue.oracle("BTC", 88_450);
  }

  beforeAll(async () => {
    venue = new ExchangeFixture();
    const me = nkFunded(venue, 801);
    venue.fund(me.address, 10_000, 1);
    for (const coin of ["BTC", "HYPE"]) {
      venue.house(coin, true, coin === "BTC" ? "89990" : "29.9", "100");
      venue.house(coin, false, coin === "BTC" ? "90010" : "30.1", "100");
    }
    venue.house("sim:HYPE", true, "29.9", "100");
    venue.house("sim:HYPE", false, "30.1", "100");
    await me.exchange.usdClassTransfer({ amount: "10", toPerp: false });
    const user = { user: me.address };
    const market = [
      { type: "bbo", coin: "BTC" },
      { type: "bbo", coin: "ETH" },
      { type: "l2Book", coin: "BTC" },
      { type: "l2Book", coin: "HYPE", fast: true },
      { type: "l2Book", coin: "BTC", nSigFigs: 5 },
      { type: "trades", coin: "BTC" },
      { type: "activeAssetCtx", coin: "BTC" },
      { type: "candle", coin: "BTC", interval: "1m" },
      { type: "allMids", dex: "sim" },
    ];
    const account = ["orderUpdates", "userEvents", "spotState"].map((type) => ({ type, ...user }));
    const first = await listen(...market, ...account, { type: "openOrders", ...user, dex: "sim" });
    venue.house("ETH", false, "3001", "1");
    await trade(me);
    const sell = limit(110_000, false, "31", "10", { tif: "Alo", cloid: nextCloid() });
    await me.exchange.order({ orders: [sell], grouping: "na" });
    venue.advance(7_000);
    await listen({ type: "userFills", ...user });
    await liquidate(me);
    venue.advance(3_700_000);
    const second = await listen({ type: "userFundings", ...user }, { type: "userEvents", ...user });
    const dead = venue.venue.marketByCoin("sim:HYPE");
    if (dead !== null) venue.venue.delist(dead);
    venue.step();
    await until("the last frame", () => heard.some((text) => text.includes("nonUserCancel")));
    first.close();
    second.close();
  });
  afterAll(() => venue.stop());

  test.each(CAPTURED.map((text) => [text.slice(0, 60), text] as const))("%s", (_, text) => {
    const wanted = JSON.parse(skeleton(text));
    const { channel } = JSON.parse(text) as { channel: string };
    const parts = (t: string): string[] => partsOf(JSON.parse(t));
    const found = heard.filter((t) => t.startsWith(`{"channel":"${channel}"`));
    expect(found.length).toBeGreaterThan(0);
    // A frame with several items holds each of them somewhere among ours.
    const ours = new Set(found.flatMap(parts));
    const missing = parts(text).filter((part) => !ours.has(part));
    expect({ wanted, missing, near: missing.length > 0 ? [...ours].slice(0, 6) : [] }).toEqual({
      wanted,
      missing: [],
      near: [],
    });
  });
});

/** Skeletons of what a frame tells: of each item where it is a list of them. */
function partsOf(frame: { channel: string; data: unknown }): string[] {
  const { channel, data } = frame;
  const lists = ["fills", "fundings", "orders", "nonUserCancel"];
  if (Array.isArray(data)) return data.map((item) => JSON.stringify(skeletonOf(item)));
  const entry = Object.entries(data as object).find(([name]) => lists.includes(name));
  if (entry === undefined) return [JSON.stringify(skeletonOf({ channel, data }))];
  const [name, items] = entry as [string, unknown[]];
  const around = Object.entries(data as object).map(([key, value]) => [key, key === name ? [] : kindOf(value, key)]);
  return items.map((item) => JSON.stringify([around, skeletonOf(item)]));
}
