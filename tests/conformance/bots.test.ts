/**
 * A day of the local exchange with a maker on @nktkas/hyperliquid and a taker on ccxt: afterwards everything is explained to the micro-dollar by
 * what the clients themselves sent and saw.
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { MakerBot, micro, TakerBot } from "../fixtures/bots.ts";
import { ExchangeFixture, until } from "../fixtures/loopback_exchange.ts";
import { nkClients } from "../fixtures/nktkas.ts";

const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const DEPOSIT_USD = 10_000;
const ROUND_MS = 300_000;
const DAY_ROUNDS = 288;
const START_MS = Date.UTC(2026, 9, 5, 0, 0, 30);

interface World {
  venue: ExchangeFixture;
  maker: MakerBot;
  taker: TakerBot;
}

async function play(rounds: number): Promise<World> {
  const venue = new ExchangeFixture({
    participants: true,
    coins: ["HYPE", "sim:HYPE"],
    ipLimits: true,
    startMs: START_MS,
  });
  const [maker, taker] = [new MakerBot(venue, 701), new TakerBot(venue, 702)];
  for (const bot of [maker, taker]) venue.fund(bot.address, DEPOSIT_USD, 1);
  venue.advance(1_000);
  await maker.start();
  await taker.start();
  for (let round = 0; round < rounds; round++) {
    venue.advance(START_MS + (round + 1) * ROUND_MS - venue.nowMs);
    // The pushes of these minutes are read before the next decision.
    await new Promise((resolve) => setImmediate(resolve));
    await maker.round();
    await taker.round();
  }
  await maker.cancel();
  venue.advance(1_000);
  await taker.readFundings();
  return { venue, maker, taker };
}

async function end(world: World): Promise<void> {
  await Promise.all([world.maker.stop(), world.taker.stop()]);
  world.venue.stop();
}

describe.skipIf(!enabled)("a day with bots of third-party clients (needs MMBIN_PROCESS_TESTS=1)", () => {
  let world: World;
  beforeAll(async () => {
    world = await play(DAY_ROUNDS);
  }, 180_000);
  afterAll(() => end(world));

  const bots = (): [name: string, bot: MakerBot | TakerBot][] => [
    ["maker", world.maker],
    ["taker", world.taker],
  ];
  const info = () => nkClients(world.venue, 1).info;

  test("both traded, with each other and with others", async () => {
    const { maker, taker } = world;
    expect(maker.book.fills.size).toBeGreaterThan(50);
    expect(taker.book.fills.size).toBeGreaterThan(50);
    const both = [...maker.book.fills.keys()].filter((tid) => taker.book.fills.has(tid));
    expect(both.length).toBeGreaterThan(20);
    expect(both.length).toBeLessThan(maker.book.fills.size);
  });

  test("what was pushed is what is answered, fill by fill", async () => {
    for (const [name, bot] of bots()) {
      const answered = await info().userFills({ user: bot.address });
      await until(`${name}: all fills pushed`, () => bot.book.fills.size >= answered.length);
      const seen = answered.map((f) => [f.tid, f.px, f.sz, f.side, f.fee]);
      const pushed = answered
        .map(({ tid }) => bot.book.fills.get(tid))
        .map((f) => [f?.tid, f?.px, f?.sz, f?.side, f?.fee]);
      expect(pushed).toEqual(seen as typeof pushed);
      expect(bot.book.fills.size).toBe(answered.length);
    }
  });

  test("each account is what its fills, fees and fundings make it", async () => {
    for (const [name, bot] of bots()) {
      const state = await info().clearinghouseState({ user: bot.address, dex: "sim" });
      expect(bot.book.fundings.size).toBeGreaterThan(4);
      const cash = bot.book.cashOf(micro(String(DEPOSIT_USD)));
      expect([name, micro(state.marginSummary.totalRawUsd)]).toEqual([name, cash]);
      let value = cash;
      for (const { position } of state.assetPositions)
        value += position.szi.startsWith("-") ? -micro(position.positionValue) : micro(position.positionValue);
      expect([name, micro(state.marginSummary.accountValue)]).toEqual([name, value]);
      // The position is the sum of its fills.
      const hundredths = [...bot.book.fills.values()].reduce(
        (sum, f) => sum + Math.round(Number(f.sz) * 100) * (f.side === "B" ? 1 : -1),
        0,
      );
      const held = state.assetPositions.reduce((sum, p) => sum + Math.round(Number(p.position.szi) * 100), 0);
      expect([name, held]).toEqual([name, hundredths]);
    }
  });

  test("the venue counted each request, and none more", async () => {
    for (const [name, bot] of bots()) {
      const limit = await info().userRateLimit({ user: bot.address });
      expect([name, limit.nRequestsUsed]).toEqual([name, bot.book.sentCount]);
      const volume = [...bot.book.fills.values()].reduce((sum, f) => sum + Number(f.px) * Number(f.sz), 0);
      expect(Number(limit.cumVlm)).toBeCloseTo(volume, 2);
      expect(limit.nRequestsCap).toBe(10_000 + Math.floor(Number(limit.cumVlm)));
    }
  });

  test("no order is left unexplained", async () => {
    for (const [name, bot] of bots()) {
      const user = { user: bot.address };
      expect([name, await info().openOrders({ ...user, dex: "sim" })]).toEqual([name, []]);
      const history = await info().historicalOrders(user);
      const filled = new Map<number, number>();
      for (const f of bot.book.fills.values())
        filled.set(f.oid, (filled.get(f.oid) ?? 0) + Math.round(Number(f.sz) * 100));
      const lastOf = new Map<number, (typeof history)[number]>();
      // The answer is newest first, one row for each status.
      for (const row of history) if (!lastOf.has(row.order.oid)) lastOf.set(row.order.oid, row);
      for (const [oid, row] of lastOf) {
        const got = filled.get(oid) ?? 0;
        const size = Math.round(Number(row.order.origSz) * 100);
        expect([name, oid, row.status]).not.toEqual([name, oid, "open"]);
        // A reduce-only order is cut down to the position, and its first size stays in print.
        if (row.status === "filled" && row.order.reduceOnly)
          expect([name, oid, got > 0 && got <= size]).toEqual([name, oid, true]);
        else if (row.status === "filled") expect([name, oid, got]).toEqual([name, oid, size]);
        else expect([name, oid, got < size]).toEqual([name, oid, true]);
      }
      for (const oid of filled.keys()) expect([name, oid, lastOf.has(oid)]).toEqual([name, oid, true]);
      // The pushes ended each order as the answers do.
      for (const [oid, statuses] of bot.book.statuses)
        expect([oid, statuses.at(-1)]).toEqual([oid, lastOf.get(oid)?.status]);
      expect(bot.book.statuses.size).toBe(lastOf.size);
    }
  });

  test("the venue's own sums balance", () => {
    const { venue } = world.venue;
    venue.spec.dexs.forEach((_, index) => {
      const ledger = venue.clearing.ledger(index);
      let held = ledger.feesUsd + ledger.builderFeesUsd;
      for (const account of venue.accounts()) {
        const dex = account.dex(index);
        held += dex.cashUsd;
        for (const position of dex.positions.values()) held += position.rawUsd;
      }
      expect([index, held]).toEqual([index, ledger.netDepositUsd]);
    });
    for (const market of venue.markets) {
      const lots = [...market.positions.values()].reduce((sum, p) => sum + p.lots, 0);
      expect([market.coin, lots]).toEqual([market.coin, 0]);
    }
  });
});

describe.skipIf(!enabled)("an hour, twice (needs MMBIN_PROCESS_TESTS=1)", () => {
  test("the same clients against the same seed see the same fills", async () => {
    const digest = async ({ venue, maker, taker }: World): Promise<string> => {
      const { info } = nkClients(venue, 1);
      const fills = [maker, taker].map((bot) => info.userFills({ user: bot.address }));
      return JSON.stringify((await Promise.all(fills)).flat().map((f) => [f.time, f.tid, f.px, f.sz, f.side, f.fee]));
    };
    const seen: string[] = [];
    for (let i = 0; i < 2; i++) {
      const world = await play(12);
      seen.push(await digest(world));
      await end(world);
    }
    expect(seen[0]).toBe(seen[1] as string);
  }, 60_000);
});
