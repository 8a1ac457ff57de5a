/**
 * A short live run over real sockets against `mmbin exchange`, both as processes; then two third-party clients say what its account looks like, and
 * the run's report must say the same.
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { LiveReport } from "../../src/run/live_schema.ts";
import type { Report } from "../../src/run/report_schema.ts";
import { type Ccxt, ccxtAt } from "../fixtures/ccxt.ts";
import { agentKey, armed, COIN, Home, liveWords, Served } from "../fixtures/live_process.ts";

const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const SYMBOL = `${COIN}/USDC:USDC`;
const SWEEP = 400;

const micro = (usd: string | number): number => Math.round(Number(usd) * 1e6);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe.skipIf(!enabled)("an account after live trading (needs MMBIN_PROCESS_TESTS=1)", () => {
  const home = new Home();
  let served: Served;
  let user: `0x${string}`;
  let usedBefore: number;
  let report: Report;
  let live: LiveReport;
  let ccxt: Ccxt;

  beforeAll(async () => {
    served = await Served.start(home, "--seed", "4");
    user = served.address(0);
    await served.approve(0, agentKey(3));
    home.keep("maker", agentKey(3));
    usedBefore = (await served.info.userRateLimit({ user })).nRequestsUsed;
    const { card } = served;
    const [own, other] = card.keys as [{ key: string; address: string }, { key: string; address: string }];
    ccxt = ccxtAt(card, own.address, own.key);
    const taker = ccxtAt(card, other.address, other.key);
    const maker = home.start(liveWords(served, home.write("maker.toml", armed(user, "maker"))));
    // Both sides of it are taken: it has bought and sold.
    const { bid_px } = (await maker.quoting()).markets[0] as { bid_px: number };
    await taker.createOrder(SYMBOL, "limit", "sell", SWEEP, bid_px * 0.999, { timeInForce: "IOC" });
    await maker.until("it has bought", ({ markets }) => (markets[0]?.fills ?? 0) > 0);
    const { ask_px } = (await maker.quoting()).markets[0] as { ask_px: number };
    const bought = (await maker.ask())?.markets[0]?.fills ?? 0;
    await taker.createOrder(SYMBOL, "limit", "buy", SWEEP, ask_px * 1.001, { timeInForce: "IOC" });
    await maker.until("it has sold", ({ markets }) => (markets[0]?.fills ?? 0) > bought);
    maker.child.kill("SIGINT");
    expect((await maker.ended).code).toBe(130);
    report = home.report(maker.runId);
    live = report.live as LiveReport;
  }, 120_000);
  afterAll(() => home.close(), 30_000);

  test("@nktkas/hyperliquid: nothing is open, and position, cash, fees, orders and requests are the report's", async () => {
    const { info } = served;
    expect(await info.frontendOpenOrders({ user })).toEqual([]);
    const fills = await info.userFills({ user });
    expect(fills.length).toBe(report.markets[0]?.fills as number);
    expect(fills.every(({ crossed, cloid }) => !crossed && cloid !== undefined)).toBe(true);
    expect(sum(fills.map(({ fee }) => micro(fee)))).toBe(micro(report.markets[0]?.pnl_usd.fees as string));
    const cash = fills.map(
      ({ side, px, sz, fee }) => micro(Number(px) * Number(sz)) * (side === "B" ? -1 : 1) - micro(fee),
    );
    expect(live.ledger?.usd).toMatchObject({ difference: "0" });
    expect(sum(cash)).toBe(micro(live.ledger?.usd.ours as string));
    const { assetPositions, marginSummary } = await info.clearinghouseState({ user });
    const held = Number(assetPositions[0]?.position.szi ?? 0);
    expect([held, held]).toEqual([Number(live.ledger?.positions[0]?.ours), Number(report.markets[0]?.position)]);
    // What it was funded with, what came in, and what the position is worth at the venue's mark.
    const worth = sum(
      assetPositions.map(({ position }) => micro(position.positionValue) * Math.sign(Number(position.szi))),
    );
    expect(micro(marginSummary.accountValue)).toBe(micro(10_000) + sum(cash) + worth);
    const { nRequestsUsed } = await info.userRateLimit({ user });
    const { requests } = report.markets[0] as Report["markets"][0];
    expect(nRequestsUsed - usedBefore).toBe(requests.total);
    const orders = await info.historicalOrders({ user });
    const last = new Map(orders.toReversed().map(({ order, status }) => [order.oid, status]));
    expect([...last.values()].filter((status) => status === "open")).toEqual([]);
    // Each place and each modify that was taken is an order of its own with a client id of its own; a modify of what has filled is none.
    const cloids = new Set(orders.map(({ order }) => order.cloid));
    expect([cloids.size, cloids.has(null)]).toEqual([last.size, false]);
    expect(last.size).toBeGreaterThanOrEqual(requests.place - requests.rejected);
    expect(last.size).toBeLessThanOrEqual(requests.place + requests.modify - requests.rejected);
  }, 30_000);

  test("ccxt: nothing is open, and position, trades and fees are the report's", async () => {
    expect(await ccxt.fetchOpenOrders(SYMBOL)).toEqual([]);
    const trades = await ccxt.fetchMyTrades(SYMBOL);
    expect(trades.length).toBe(report.markets[0]?.fills as number);
    expect(new Set(trades.map(({ side }) => side))).toEqual(new Set(["buy", "sell"]));
    expect(sum(trades.map(({ fee }) => micro(fee?.cost ?? 0)))).toBe(micro(report.markets[0]?.pnl_usd.fees as string));
    const traded = sum(trades.map(({ amount, price }) => micro((amount ?? 0) * (price ?? 0))));
    expect(traded).toBe(micro(report.markets[0]?.notional_usd as string));
    const positions = await ccxt.fetchPositions([SYMBOL]);
    const held = sum(positions.map(({ side, contracts }) => (side === "short" ? -1 : 1) * (contracts ?? 0)));
    expect(held).toBe(Number(live.ledger?.positions[0]?.ours));
  }, 30_000);
});
