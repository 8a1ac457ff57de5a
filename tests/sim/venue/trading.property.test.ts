import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { VenueAccount } from "../../../src/sim/venue/account.ts";
import { isRefusal } from "../../../src/sim/venue/open_orders.ts";
import type { Order } from "../../../src/sim/venue/order.ts";
import type { WireOrder } from "../../../src/wire/hyperliquid/action.ts";
import { HASH, limit, trigger, type World, worldOf } from "./support_trading.ts";

const SEED = 20_261_125;
/** Two seconds alone; the machine may be shared. */
const TIMEOUT_MS = 60_000;

const plainOp = fc.record({
  who: fc.nat(3),
  buy: fc.boolean(),
  px: fc.integer({ min: 97, max: 103 }),
  sz: fc.integer({ min: 1, max: 5 }),
  tif: fc.constantFrom("Gtc", "Gtc", "Ioc", "Alo" as const),
  kind: fc.nat(5),
  pick: fc.nat(),
});

/** The plainest book there is: one list, searched from the start for each match. */
class NaiveBook {
  resting: { oid: number; who: number; buy: boolean; px: number; sz: number }[] = [];
  trades: string[] = [];

  place(oid: number, op: { who: number; buy: boolean; px: number; sz: number; tif: string }): void {
    let left = op.sz;
    const best = (): (typeof this.resting)[number] | undefined => {
      const crossing = this.resting.filter((o) => o.buy !== op.buy && (op.buy ? o.px <= op.px : o.px >= op.px));
      const px = Math[op.buy ? "min" : "max"](...crossing.map((o) => o.px));
      return crossing.find((o) => o.px === px);
    };
    if (op.tif === "Alo" && best() !== undefined) return;
    for (let other = best(); other !== undefined && left > 0; other = best()) {
      const size = other.who === op.who ? other.sz : Math.min(left, other.sz);
      if (other.who !== op.who) {
        left -= size;
        this.trades.push(`${oid} with ${other.oid}: ${size} at ${other.px}`);
      }
      other.sz -= size;
      this.resting = this.resting.filter((o) => o.sz > 0);
    }
    if (left > 0 && op.tif !== "Ioc") this.resting.push({ oid, who: op.who, buy: op.buy, px: op.px, sz: left });
  }
}

describe("trading, whatever is asked of it", () => {
  test(
    "trades as the plainest book would",
    () => {
      let tradeCount = 0;
      fc.assert(
        fc.property(fc.array(plainOp, { minLength: 40, maxLength: 80, size: "max" }), (ops) => {
          const w = worldOf();
          const accounts = ["a", "b", "c", "d"].map((name) => w.trader(name, 1e7));
          const naive = new NaiveBook();
          let oid = 0;
          for (const op of ops) {
            const victim = op.kind > 0 ? undefined : naive.resting[op.pick % Math.max(1, naive.resting.length)];
            if (victim !== undefined) {
              naive.resting = naive.resting.filter((o) => o !== victim);
              expect(w.cancel(accounts[victim.who]!, victim.oid)).toEqual(["success"]);
              continue;
            }
            oid++;
            naive.place(oid, op);
            w.put(accounts[op.who]!, limit(op.buy, String(op.px), String(op.sz), op.tif));
          }
          const trades: string[] = [];
          for (let i = 0; i < w.fills.length; i += 2) {
            const [taken, made] = [w.fills[i]!, w.fills[i + 1]!];
            trades.push(`${taken.oid} with ${made.oid}: ${taken.lots / 100} at ${taken.px / 1e4}`);
          }
          tradeCount += trades.length;
          expect(trades).toEqual(naive.trades);
          const resting = accounts.flatMap((account) => [...account.orders.values()]);
          expect(resting.map((o) => `${o.oid} ${o.lots / 100}`).sort()).toEqual(
            naive.resting.map((o) => `${o.oid} ${o.sz}`).sort(),
          );
        }),
        { seed: SEED, numRuns: 200 },
      );
      // The programs do trade: some ten times each.
      expect(tradeCount).toBeGreaterThan(2_000);
    },
    TIMEOUT_MS,
  );

  test(
    "keeps its promises under every kind of action",
    () => {
      const seen = new Set<string>();
      fc.assert(
        fc.property(fc.array(anyOp, { minLength: 40, maxLength: 120, size: "max" }), (ops) => {
          const w = worldOf({ oiCapUsd: 3_000e6 });
          const accounts = ["a", "b", "c", "d"].map((name, i) => w.trader(name, i === 0 ? 150 : 20_000));
          for (const op of ops) {
            run(w, accounts, op);
            checkAll(w, accounts);
          }
          for (const { status } of w.statuses) seen.add(status);
        }),
        { seed: SEED, numRuns: 200 },
      );
      // Every way to end is reached, but those that only the venue's operator and the rules of a batch know.
      expect([...seen].sort()).toMatchInlineSnapshot(`
      [
        "badAloPxRejected",
        "badTriggerPxRejected",
        "canceled",
        "filled",
        "iocCancelRejected",
        "marginCanceled",
        "marketOrderNoLiquidityRejected",
        "minTradeNtlRejected",
        "open",
        "openInterestCapCanceled",
        "perpMarginRejected",
        "positionIncreaseAtOpenInterestCapRejected",
        "reduceOnlyCanceled",
        "reduceOnlyRejected",
        "scheduledCancel",
        "selfTradeCanceled",
        "siblingFilledCanceled",
        "triggered",
      ]
    `);
    },
    TIMEOUT_MS,
  );
});

const anyOp = fc.record({
  kind: fc.constantFrom(
    "limit",
    "limit",
    "limit",
    "limit",
    "reduce",
    "reduce",
    "trigger",
    "position",
    "group",
    "modify",
    "cancel",
    "all",
    "mark",
    "mark",
    "force",
  ),
  who: fc.nat(3),
  asset: fc.constantFrom(0, 0, 0, 1),
  buy: fc.boolean(),
  step: fc.integer({ min: -6, max: 6 }),
  sz: fc.integer({ min: 1, max: 12 }),
  tif: fc.constantFrom("Gtc", "Gtc", "Ioc", "Alo" as const),
  cloid: fc.nat(9),
  pick: fc.nat(),
});
type Op = typeof anyOp extends fc.Arbitrary<infer T> ? T : never;

function run(w: World, accounts: VenueAccount[], op: Op): void {
  const account = accounts[op.who]!;
  const market = w.markets[op.asset]!;
  const px = (step: number): string => (op.asset === 0 ? String(100 + step) : (7 + step / 10).toFixed(1));
  const extra: Partial<WireOrder> = { a: op.asset };
  if (op.cloid < 5) extra.c = `0x${String(op.cloid).repeat(32)}`;
  const sz = String(op.sz);
  const order = limit(op.buy, px(op.step), sz, op.tif, extra);
  const live = [...account.orders.keys()];
  const oid = live[op.pick % Math.max(1, live.length)] ?? 1;
  const away = Math.abs(op.step) + 1;
  const rises = trigger(op.buy, px(away), sz, op.buy ? "sl" : "tp", extra);
  if ("trigger" in rises.t) rises.t.trigger.isMarket = op.step % 2 === 0;
  const falls = trigger(op.buy, px(-away), sz, op.buy ? "tp" : "sl", { a: op.asset });
  if (op.kind === "limit") w.order(account, [order]);
  else if (op.kind === "reduce") w.order(account, [{ ...order, r: true }]);
  else if (op.kind === "trigger") w.order(account, [{ ...rises, r: op.pick % 2 === 0 }, falls]);
  else if (op.kind === "position") w.order(account, [{ ...rises, s: "0" }, falls], "positionTpsl");
  else if (op.kind === "group")
    w.order(account, [{ ...order, b: !op.buy }, rises, { ...falls, p: px(-away) }], "normalTpsl");
  else if (op.kind === "modify")
    w.trading.modify(account, { type: "modify", oid, order, ...(op.pick % 2 ? { a: true } : {}) }, HASH);
  else if (op.kind === "cancel") w.trading.cancel(account, { type: "cancel", cancels: [{ a: op.asset, o: oid }] });
  else if (op.kind === "all" && op.pick % 5 === 0) w.trading.cancelAll(account, "scheduledCancel");
  else if (op.kind === "mark") {
    if (op.pick % 2 === 0) market.oraclePx = (op.asset === 0 ? 100 + op.step / 2 : 7) * 10 ** market.pxDecimals;
    w.mark(px(op.step), market);
  } else if (op.kind === "force") {
    const note = { liquidatedUser: account.address, markPx: market.markPx, method: "market" } as const;
    if (op.pick % 3 === 0) w.trading.forceClose(account, market, op.sz * 50, note);
  }
}

function checkAll(w: World, accounts: VenueAccount[]): void {
  const resting = new Set<Order>();
  for (const market of w.markets) {
    const [bid, ask] = [market.book.bestPx(1), market.book.bestPx(-1)];
    if (bid !== null && ask !== null) expect(bid).toBeLessThan(ask);
    for (const level of [...market.book.bids, ...market.book.asks]) {
      let [lots, count] = [0, 0];
      for (let order = level.head; order !== null; order = order.next) {
        expect(order.lots).toBeGreaterThan(0);
        resting.add(order);
        lots += order.lots;
        count++;
      }
      expect([level.lots, level.count]).toEqual([lots, count]);
    }
    let [net, long] = [0, 0];
    for (const account of accounts) {
      const lots = account.positionLots(market);
      net += lots;
      long += Math.max(0, lots);
      checkReserved(account, market, resting);
    }
    expect([net, market.openLots]).toEqual([0, long]);
    for (const order of market.triggers) resting.add(order);
  }
  let openCount = 0;
  for (const account of accounts) {
    for (const order of account.orders.values()) expect(resting.has(order)).toBe(true);
    openCount += account.orders.size;
    checkCloids(account);
  }
  expect(openCount).toBe(resting.size);
  checkStatuses(w);
  const ledger = w.clearing.ledger(0);
  const heldUsd = accounts.reduce((sum, one) => sum + one.dex(0).cashUsd, 0);
  expect(heldUsd + ledger.feesUsd + ledger.builderFeesUsd).toBe(ledger.netDepositUsd);
}

/** Margin is reserved for what may open; what only reduces never exceeds the position. */
function checkReserved(account: VenueAccount, market: World["markets"][number], resting: Set<Order>): void {
  let [buyLots, sellLots, reducing] = [0, 0, 0];
  const held = account.positionLots(market);
  for (const order of resting) {
    if (order.account !== account || order.market !== market) continue;
    if (order.reduceOnly) {
      expect(order.side * held).toBeLessThan(0);
      reducing += order.lots;
    } else if (order.side > 0) buyLots += order.lots;
    else sellLots += order.lots;
  }
  expect(reducing).toBeLessThanOrEqual(Math.abs(held));
  const terms = account.dex(0).terms.get(market);
  expect([terms?.buyLots ?? 0, terms?.sellLots ?? 0]).toEqual([buyLots, sellLots]);
}

/** Client ids lead to live orders, and every live order that has one is found by it. */
function checkCloids(account: VenueAccount): void {
  let count = 0;
  const live = [...account.orders.values()];
  for (const order of [...live, ...live.flatMap((one) => one.children)]) {
    if (order.cloid === null) continue;
    count++;
    expect(account.cloids.get(order.cloid)).toBe(order);
  }
  expect(account.cloids.size).toBe(count);
}

/** An order is accepted or refused first, ends once, and nothing is told of it afterwards. */
function checkStatuses(w: World): void {
  const ended = new Set<Order>();
  const known = new Set<Order>();
  for (const { order, status } of w.statuses) {
    expect(ended.has(order)).toBe(false);
    if (!known.has(order)) expect(status === "open" || isRefusal(status)).toBe(true);
    known.add(order);
    if (status !== "open" && status !== "triggered") ended.add(order);
  }
}
