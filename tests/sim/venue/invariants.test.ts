import { describe, expect, test } from "bun:test";
import { Prng } from "../../../src/core/prng.ts";
import type { VenueAccount } from "../../../src/sim/venue/account.ts";
import type { Venue } from "../../../src/sim/venue/venue.ts";
import type { Action, WireOrder } from "../../../src/wire/hyperliquid/action.ts";
import { Bench, dexSpec, marketSpec, venueSpec } from "../../fixtures/venue.ts";

const USDC = "USDC:0x6d1e7cde53ba9467b783cb7c530ce054";
const SIGNED = { signatureChainId: "0x66eee", hyperliquidChain: "Mainnet" as const };

/** What must hold after every block, whatever was asked for. */
function checkBooks(venue: Venue): void {
  for (const market of venue.markets) {
    const [bid, ask] = [market.book.bestPx(1), market.book.bestPx(-1)];
    if (bid !== null && ask !== null) expect(bid).toBeLessThan(ask);
    let sum = 0;
    let longs = 0;
    for (const position of market.positions.values()) {
      expect(position.lots).not.toBe(0);
      sum += position.lots;
      longs += Math.max(0, position.lots);
    }
    expect([market.coin, sum, market.openLots]).toEqual([market.coin, 0, longs]);
  }
}

/** Every unit of a token that was ever paid in is somewhere. */
function checkMoney(venue: Venue): void {
  for (const token of venue.spec.tokens) {
    let units = venue.kept.get(token.index) ?? 0;
    for (const account of venue.accounts()) units += account.spot.get(token.index) ?? 0;
    venue.spec.dexs.forEach((dex, index) => {
      if (dex.collateralToken !== token.index) return;
      const ledger = venue.clearing.ledger(index);
      let usd = ledger.feesUsd + ledger.builderFeesUsd;
      for (const account of venue.accounts()) {
        usd += account.dex(index).cashUsd;
        for (const position of account.dex(index).positions.values()) usd += position.rawUsd;
      }
      units += usd * 100;
    });
    expect([token.name, units]).toEqual([token.name, venue.deposited.get(token.index) ?? 0]);
  }
}

/** Random actions of a few accounts, most of them near the touch so that they meet. */
class Program {
  readonly bench: Bench;
  readonly accounts: VenueAccount[];
  readonly #random: Prng;

  constructor(seed: number) {
    this.#random = new Prng(seed);
    const dexs = venueSpec().dexs.map((dex) => ({ ...dex, totalOiCapUsd: 5e12 }));
    const hyna = dexSpec("hyna", [marketSpec({ coin: "hyna:AAA", maxLeverage: 40, oiCapUsd: 2_500_000_000 })], {
      collateralToken: 235,
    });
    this.bench = new Bench({ dexs: [...dexs, hyna] }, { scheduleCancelVolumeUsd: 0 });
    // Small enough that margin runs out and liquidations happen.
    this.accounts = ["a", "b", "c", "d", "e"].map((digit, i) => this.bench.account(digit, i === 0 ? 1e10 : 4e8));
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#random.uint32() % from.length] as T;
  }

  #order(): WireOrder {
    const asset = this.#pick([0, 0, 0, 1, 110_000, 110_000, 110_001, 120_000]);
    const market = this.bench.venue.marketByAsset(asset);
    const mid = (market?.oraclePx ?? 0) / 10 ** (market?.pxDecimals ?? 0);
    const px = (mid * (1 + (this.#random.unit() - 0.5) * 0.02)).toPrecision(4);
    const s = String(1 + (this.#random.uint32() % 60));
    const tpsl = this.#pick(["tp", "sl"] as const);
    const isTrigger = this.#random.unit() < 0.08;
    const t = isTrigger
      ? { trigger: { isMarket: true, triggerPx: String(Number(px)), tpsl } }
      : { limit: { tif: this.#pick(["Alo", "Gtc", "Gtc", "Ioc", "FrontendMarket"] as const) } };
    return {
      a: asset,
      b: this.#random.unit() < 0.5,
      p: String(Number(px)),
      s,
      r: isTrigger || this.#random.unit() < 0.1,
      t,
    };
  }

  #action(account: VenueAccount): Action {
    const roll = this.#random.unit();
    const own = [...account.orders.keys()];
    const oid = own.length > 0 ? this.#pick(own) : 1;
    const orders = Array.from({ length: 1 + (this.#random.uint32() % 3) }, () => this.#order());
    const asset = (orders[0] as WireOrder).a;
    if (roll < 0.6) return { type: "order", orders, grouping: "na" };
    if (roll < 0.7) return { type: "cancel", cancels: [{ a: asset, o: oid }] };
    if (roll < 0.8) return { type: "batchModify", modifies: [{ oid, order: orders[0] as WireOrder }], a: true };
    if (roll < 0.83)
      return { type: "updateLeverage", asset, isCross: this.#random.unit() < 0.5, leverage: this.#pick([1, 3, 10]) };
    if (roll < 0.86)
      return { type: "updateIsolatedMargin", asset, isBuy: true, ntli: this.#pick([1e6, -1e6, 33_333_333]) };
    if (roll < 0.88) return { type: "reserveRequestWeight", weight: this.#random.uint32() % 3_000 };
    if (roll < 0.9) return { type: "scheduleCancel", time: this.bench.venue.nowMs + 6_000 };
    if (roll < 0.92) return { type: "withdraw3", ...SIGNED, destination: account.address, amount: "7.5", time: 1 };
    const [sourceDex, destinationDex] = this.#pick([
      ["", "xyz"],
      ["xyz", "spot"],
      ["spot", ""],
      ["", "spot"],
    ] as const);
    const destination = this.#pick(this.accounts).address;
    const amount = String((1 + (this.#random.uint32() % 40_000_000)) / 1e6);
    return {
      type: "sendAsset",
      ...SIGNED,
      destination,
      sourceDex,
      destinationDex,
      token: USDC,
      amount,
      fromSubAccount: "",
      nonce: 1,
    };
  }

  block(): void {
    const { venue } = this.bench;
    for (let i = this.#random.uint32() % 4; i > 0; i--) {
      const account = this.#pick(this.accounts);
      this.bench.send(account, this.#action(account));
    }
    if (this.#random.unit() < 0.02)
      for (const market of venue.markets)
        venue.marks.setOracle(market, market.oraclePx * (1 + (this.#random.unit() - 0.5) * 0.08));
    // Now and then a crash or a squeeze, so that somebody is liquidated.
    if (this.#random.unit() < 0.004) {
      const shock = 1 + (this.#random.unit() - 0.5) * 0.5;
      for (const market of venue.markets) venue.marks.setOracle(market, market.oraclePx * shock);
    }
    // Hours pass, so that funding is paid; rarely a market stops.
    if (this.#random.unit() < 0.005) venue.jump(1_800_000_000);
    if (this.#random.unit() < 0.002) {
      const market = this.#pick(venue.markets);
      venue.setHalted(market, true);
      venue.setHalted(market, false);
    }
    venue.step();
  }
}

describe("invariants of the whole venue", () => {
  test.each([1, 2, 3, 4, 5, 6])("seed %d: no money made or lost, nothing crossed, positions sum to zero", (seed) => {
    const program = new Program(seed);
    const { venue, told } = program.bench;
    for (let block = 0; block < 1_500; block++) {
      program.block();
      checkBooks(venue);
      if (block % 10 === 0) checkMoney(venue);
    }
    checkMoney(venue);
    const seen = (word: string): boolean => told.lines.some((line) => line.includes(word));
    // The program got where it hurts: otherwise it would prove little.
    expect([told.trades.length > 200, seen("funding"), seen("filled")]).toEqual([true, true, true]);
  });

  test("every kind of trouble came up in the seeds above", () => {
    const words = new Set<string>();
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const program = new Program(seed);
      for (let block = 0; block < 1_500; block++) program.block();
      for (const line of program.bench.told.lines) {
        const [kind, , status] = line.split(" ") as [string, string, string];
        words.add(kind === "order" ? status : kind);
        if (line.startsWith("fill")) words.add(line.split(" ").slice(5, 7).join(" "));
      }
    }
    const wanted = [
      "liquidation",
      "liquidatedCanceled",
      "scheduledCancel",
      "selfTradeCanceled",
      "reduceOnlyCanceled",
      "badAloPxRejected",
      "iocCancelRejected",
      "perpMarginRejected",
      "triggered",
      "positionIncreaseAtOpenInterestCapRejected",
      "Liquidated Cross",
      "Liquidated Isolated",
      "Settlement 0",
      "ledger",
    ];
    expect(wanted.filter((word) => !words.has(word))).toEqual([]);
  }, 30_000);
});
