/**
 * Everything that the venue refuses and a client can provoke, with @nktkas/hyperliquid as the client: the texts to the letter.
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { ExchangeClient, HttpRequestError, HttpTransport } from "@nktkas/hyperliquid";
import { signL1Action } from "@nktkas/hyperliquid/signing";
import { ExchangeFixture } from "../fixtures/loopback_exchange.ts";
import { limit, type NkClients, nkClients, nkFunded, refusalOf, trigger } from "../fixtures/nktkas.ts";

const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const [BTC, ETH, SIM_XYZ] = [0, 1, 110_001];
type Order = ReturnType<typeof limit> | ReturnType<typeof trigger>;

describe.skipIf(!enabled)("what the venue refuses (needs MMBIN_PROCESS_TESTS=1)", () => {
  let venue: ExchangeFixture;
  let me: NkClients;
  let accountNumber = 200;

  beforeAll(() => {
    venue = new ExchangeFixture({ markets: { HYPE: { oiCapUsd: 1_000_000_000 } } });
    venue.house("BTC", true, "89990", "5");
    venue.house("BTC", false, "90010", "5");
  });
  afterAll(() => venue.stop());
  beforeEach(() => {
    accountNumber += 1;
    me = nkFunded(venue, accountNumber);
  });

  const place = (orders: Order[], grouping: "na" | "normalTpsl" | "positionTpsl" = "na") =>
    me.exchange.order({ orders: orders as ReturnType<typeof limit>[], grouping });
  const alo = (asset: number, isBuy: boolean, px: string, sz: string) => limit(asset, isBuy, px, sz, { tif: "Alo" });
  const ioc = (asset: number, isBuy: boolean, px: string, sz: string) => limit(asset, isBuy, px, sz, { tif: "Ioc" });

  /** Sends an action that the client itself would refuse. */
  async function raw(action: Record<string, unknown>): Promise<{ text: string; statuses: unknown }> {
    const nonce = Date.now();
    const signature = await signL1Action({ wallet: me.wallet, action, nonce, isTestnet: true });
    const body = JSON.stringify({ action, nonce, signature });
    const response = await fetch(`${venue.url}/exchange`, { method: "POST", body });
    const text = await response.text();
    const answer = text.startsWith("{") ? JSON.parse(text) : null;
    return { text, statuses: answer?.response?.data?.statuses ?? answer?.response };
  }

  describe("of one order", () => {
    const rows: [name: string, order: Order, text: string][] = [
      ["six figures", alo(BTC, true, "89990.5", "0.01"), "Price must be divisible by tick size. asset=0"],
      ["too many decimals", alo(ETH, true, "2999.123", "0.1"), "Price must be divisible by tick size. asset=1"],
      [
        "too many decimals on a HIP-3 market",
        alo(SIM_XYZ, true, "0.12345", "1"),
        "Price must be divisible by tick size. asset=110001",
      ],
      ["under $10", alo(BTC, true, "80000", "0.0001"), "Order must have minimum value of $10. asset=0"],
      ["more than the margin", alo(BTC, true, "89000", "100"), "Insufficient margin to place order. asset=0"],
      [
        "reduce-only when flat",
        limit(BTC, false, "90010", "0.01", { reduceOnly: true }),
        "Reduce only order would increase position. asset=0",
      ],
      [
        "post-only through the ask",
        alo(BTC, true, "90010", "0.01"),
        "Post only order would have immediately matched, bbo was 89990@90010. asset=0",
      ],
      [
        "post-only through the bid",
        alo(BTC, false, "89990", "0.01"),
        "Post only order would have immediately matched, bbo was 89990@90010. asset=0",
      ],
      [
        "an Ioc that meets nothing",
        ioc(BTC, true, "90009", "0.01"),
        "Order could not immediately match against any resting orders. asset=0",
      ],
      ["no size", alo(BTC, true, "89000", "0"), "Order has zero size."],
      ["finer than a lot", alo(BTC, true, "89000", "0.000001"), "Order has invalid size."],
      [
        "far from the mark",
        alo(BTC, true, "100", "1"),
        "Order price cannot be more than 95% away from the reference price",
      ],
    ];
    test.each(rows)("%s", async (_, order, text) => {
      expect((await refusalOf(place([order]))).replace(/^Order 0: /, "")).toBe(text);
      expect(await me.info.openOrders({ user: me.address })).toEqual([]);
    });

    test("a stop on the wrong side of the mark", async () => {
      await place([ioc(BTC, true, "90010", "0.1")]);
      for (const [kind, px] of [
        ["sl", "95000"],
        ["tp", "85000"],
      ] as const)
        expect(await refusalOf(place([trigger(BTC, false, px, "0.1", kind, px)], "positionTpsl"))).toBe(
          "Order 0: Invalid TP/SL price. asset=0",
        );
    });

    test("a reduce-only order on the side of the position", async () => {
      await place([ioc(BTC, true, "90010", "0.01")]);
      const text = "Order 0: Reduce only order would increase position. asset=0";
      expect(await refusalOf(place([limit(BTC, true, "89000", "0.01", { reduceOnly: true })]))).toBe(text);
    });

    test("the whole position may go whatever its worth, a part of it under $10 not", async () => {
      await place([ioc(BTC, true, "90010", "0.00012")]);
      const part = limit(BTC, false, "89990", "0.00011", { tif: "Ioc", reduceOnly: true });
      expect(await refusalOf(place([part]))).toBe("Order 0: Order must have minimum value of $10. asset=0");
      await place([limit(BTC, false, "89990", "0.00012", { tif: "Ioc", reduceOnly: true })]);
      expect((await me.info.clearinghouseState({ user: me.address })).assetPositions).toEqual([]);
    });

    test("a market order with nobody on the other side", async () => {
      const market = limit(ETH, true, "3100", "0.1", { tif: "FrontendMarket" });
      expect(await refusalOf(place([market]))).toMatch(
        /^Order 0: (No liquidity available for market order|Order could not immediately match against any resting orders)\. asset=1$/,
      );
    });

    test("a position beyond the tier of its leverage", async () => {
      venue.fund(me.address, 100_000_000);
      await me.exchange.updateLeverage({ asset: BTC, isCross: true, leverage: 40 });
      expect(await refusalOf(place([alo(BTC, true, "89000", "2000")]))).toBe(
        "Order 0: Order would cause position to exceed margin tier limit at current leverage asset=0",
      );
    });

    test("a price that is none, as only a raw request can send it", async () => {
      const { statuses } = await raw({
        type: "order",
        orders: [{ ...alo(BTC, true, "1", "0.01"), p: "0" }],
        grouping: "na",
      });
      expect(statuses).toEqual([{ error: "Order has invalid price." }]);
    });

    test("an asset that is not listed", async () => {
      expect(await refusalOf(place([alo(77, true, "89000", "0.01")]))).not.toBe("");
      expect(await refusalOf(place([alo(10_000, true, "1", "20")]))).not.toBe("");
    });

    test("a cap on open interest lets nobody in", async () => {
      venue.house("HYPE", false, "30", "100");
      const buy = ioc(2, true, "30", "40");
      const capped = "Order would increase open interest while open interest is capped";
      const aggressive = "Order rejected due to price more aggressive than oracle while at open interest cap";
      // $1,200 over a cap of $1,000: the next one finds it full.
      await place([buy]);
      const refusal = (await refusalOf(place([buy]))).replace(/^Order 0: | asset=2$/g, "");
      expect([capped, aggressive]).toContain(refusal);
    });

    test("a builder that was not approved", async () => {
      const builder = { b: "0x6530512a6c89c7cfcebc3ba7fcd9ada5f30827a6" as const, f: 10 };
      const order = { orders: [alo(BTC, true, "89000", "0.01")], grouping: "na" as const, builder };
      expect((await refusalOf(me.exchange.order(order))).replace(/^Order 0: /, "")).toBe(
        "Builder fee has not been approved.",
      );
      await me.exchange.approveBuilderFee({ builder: builder.b, maxFeeRate: "0.01%" });
      await me.exchange.order(order);
      expect(await me.info.maxBuilderFee({ user: me.address, builder: builder.b })).toBe(10);
      expect(await me.info.approvedBuilders({ user: me.address })).toEqual([builder.b]);
    });

    test("a TP/SL group whose child is no trigger", async () => {
      const orders = [limit(BTC, true, "89000", "0.01"), limit(BTC, false, "91000", "0.01")];
      expect((await refusalOf(place(orders, "normalTpsl"))).replace(/^Order 0: /, "")).toBe(
        "Unexpected number of trigger orders",
      );
    });
  });

  describe("of a whole action", () => {
    test("200 items pass, 201 do not", async () => {
      const many = (count: number) =>
        Array.from({ length: count }, (_, i) => alo(BTC, true, String(80_000 + i), "0.001"));
      expect(await refusalOf(place(many(201)))).toBe("Signed action over weight limit of 200.");
      expect((await place(many(200))).response.data.statuses.length).toBe(200);
      const cancels = Array.from({ length: 201 }, (_, i) => ({ a: BTC, o: i + 1 }));
      expect(await refusalOf(me.exchange.cancel({ cancels }))).toBe("Signed action over weight limit of 200.");
    });

    test("who never had a deposit", async () => {
      const stranger = nkClients(venue, 999);
      const order = { orders: [alo(BTC, true, "89000", "0.01")], grouping: "na" as const };
      expect(await refusalOf(stranger.exchange.order(order))).toBe(
        `User or API Wallet ${stranger.address} does not exist.`,
      );
    });

    test("a transfer by who never had a deposit", async () => {
      const stranger = nkClients(venue, 998);
      const send = stranger.exchange.usdSend({ destination: me.address, amount: "1" });
      expect(await refusalOf(send)).toBe(`Must deposit before performing actions. User: ${stranger.address}`);
    });

    test("a signature with one bit turned names whom it recovers to, or nobody", async () => {
      const action = { type: "order", orders: [alo(BTC, true, "89000", "0.01")], grouping: "na" };
      const nonce = Date.now();
      const signature = await signL1Action({ wallet: me.wallet, action, nonce, isTestnet: true });
      const send = async (changed: object): Promise<{ status: string; response: string }> => {
        const body = JSON.stringify({ action, nonce, signature: { ...signature, ...changed } });
        const response = await fetch(`${venue.url}/exchange`, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body,
        });
        return (await response.json()) as { status: string; response: string };
      };
      const flip = (hex: string): string =>
        `${hex.slice(0, -1)}${(Number.parseInt(hex.slice(-1), 16) ^ 1).toString(16)}`;
      for (const changed of [{ s: flip(signature.s) }, { v: signature.v === 27 ? 28 : 27 }, { r: flip(signature.r) }]) {
        const answer = await send(changed);
        expect(answer.status).toBe("err");
        expect(answer.response).toMatch(
          /^(User or API Wallet 0x[0-9a-f]{40} does not exist\.|Unable to recover signer)$/,
        );
        expect(answer.response).not.toContain(me.address);
      }
      expect((await send({})).status).toBe("ok");
    });

    test("a signature for the other network is somebody else's", async () => {
      const transport = new HttpTransport({ apiUrl: venue.url, isTestnet: false });
      const mainnet = new ExchangeClient({ transport, wallet: me.wallet });
      const order = { orders: [alo(BTC, true, "89000", "0.01")], grouping: "na" as const };
      expect(await refusalOf(mainnet.order(order))).toMatch(/^User or API Wallet 0x[0-9a-f]{40} does not exist\.$/);
    });

    test("a nonce that was used", async () => {
      const nonce = Date.now();
      const transport = new HttpTransport({ apiUrl: venue.url, isTestnet: true });
      const repeating = new ExchangeClient({ transport, wallet: me.wallet, nonceManager: () => nonce });
      await repeating.noop();
      expect(await refusalOf(repeating.noop())).toBe(`Invalid nonce: duplicate nonce ${nonce}`);
    });

    test("an expired action, which costs five requests", async () => {
      const order = { orders: [alo(BTC, true, "89000", "0.01")], grouping: "na" as const };
      const used = async (): Promise<number> => (await me.info.userRateLimit({ user: me.address })).nRequestsUsed;
      await me.exchange.order(order, { expiresAfter: venue.nowMs + 60_000 });
      expect(await used()).toBe(1);
      expect(await refusalOf(me.exchange.order(order, { expiresAfter: venue.nowMs - 1 }))).toBe(
        "Action already expired",
      );
      expect(await used()).toBe(6);
    });

    test("a vault that is none", async () => {
      const vaultAddress = `0x${"ab".repeat(20)}` as const;
      const order = { orders: [alo(BTC, true, "89000", "0.01")], grouping: "na" as const };
      expect(await refusalOf(me.exchange.order(order, { vaultAddress }))).toBe(`Vault not registered: ${vaultAddress}`);
    });

    test("a spent request budget, and what still passes", async () => {
      const account = venue.venue.accountOf(me.address);
      account.limiter.usedCount = 9_999;
      const order = alo(BTC, true, "89000", "0.01");
      const { statuses } = (await place([order, order])).response.data;
      const oid = (statuses[0] as { resting: { oid: number } }).resting.oid;
      const text = (used: number): string =>
        `Too many cumulative requests sent (${used} > 9999) for cumulative volume traded $0.00. Place taker orders to free up 1 request per USDC traded.`;
      expect(await refusalOf(place([order]))).toBe(text(10_001));
      await me.exchange.cancel({ cancels: [{ a: BTC, o: oid }] });
      expect(await me.info.userRateLimit({ user: me.address })).toMatchObject({
        nRequestsUsed: 10_002,
        nRequestsCap: 10_000,
      });
      // The slot: one action ten seconds after the answer to the last one.
      venue.advance(10_100);
      await place([order]);
      expect(await refusalOf(place([order]))).toBe(text(10_003));
    });

    test("a dead man's switch before a million of volume", async () => {
      const text =
        /^Cannot set scheduled cancel time until enough volume traded\. Required: \$1000000\. Traded: \$\d+(\.\d+)?\.$/;
      expect(await refusalOf(me.exchange.scheduleCancel({ time: venue.nowMs + 60_000 }))).toMatch(text);
    });

    test.each([
      [
        "a sub-account before $100k",
        () => me.exchange.createSubAccount({ name: "one" }),
        /^Cannot create sub-accounts until enough volume traded\. Required: \$100000\. Traded: \$\d+(\.\d+)?\.$/,
      ],
      [
        "a referral code that is none",
        () => me.exchange.setReferrer({ code: "NOBODY" }),
        "Referral code not registered",
      ],
      [
        "more than there is",
        () => me.exchange.usdSend({ destination: `0x${"cd".repeat(20)}`, amount: "1000000" }),
        "Insufficient balance for token transfer",
      ],
      [
        "a withdrawal of more than there is",
        () => me.exchange.withdraw3({ destination: me.address, amount: "1000000" }),
        "Insufficient balance for withdrawal",
      ],
      [
        "margin for a position that is none",
        () => me.exchange.updateIsolatedMargin({ asset: BTC, isBuy: true, ntli: 1_000_000 }),
        /^(Position does not use isolated margin\.|Cannot update margin for empty position\.)$/,
      ],
      [
        "an agent that has expired",
        () =>
          me.exchange.approveAgent({
            agentAddress: `0x${"ef".repeat(20)}`,
            agentName: `a valid_until ${venue.nowMs - 1}`,
          }),
        "Agent valid_until already expired.",
      ],
      [
        "somebody else's sub-account",
        () =>
          me.exchange.subAccountTransfer({ subAccountUser: `0x${"12".repeat(20)}`, isDeposit: true, usd: 1_000_000 }),
        /^Invalid sub-account transfer from 0x[0-9a-f]{40} to 0x(12){20}$/,
      ],
    ] as [string, () => Promise<unknown>, string | RegExp][])("%s", async (_, request, text) => {
      const found = await refusalOf(request());
      if (typeof text === "string") expect(found).toBe(text);
      else expect(found).toMatch(text);
    });

    test("isolated or cross cannot change under a position", async () => {
      await place([ioc(BTC, true, "90010", "0.01")]);
      const change = me.exchange.updateLeverage({ asset: BTC, isCross: false, leverage: 5 });
      expect(await refusalOf(change)).toBe("Cannot switch leverage type with open position.");
      expect(await refusalOf(me.exchange.updateIsolatedMargin({ asset: BTC, isBuy: true, ntli: 1_000_000 }))).toBe(
        "Position does not use isolated margin.",
      );
    });
  });

  test("a body that is no request is HTTP 422 in text", async () => {
    const response = await fetch(`${venue.url}/info`, { method: "POST", body: '{"type":"nothing"}' });
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      422,
      expect.stringContaining("text/plain"),
      "Failed to deserialize the JSON body into the target type",
    ]);
    const transport = new HttpTransport({ apiUrl: venue.url, isTestnet: true });
    const failed = await transport.request("exchange", { action: { type: "nothing" } }).catch((error) => error);
    expect(failed).toBeInstanceOf(HttpRequestError);
    expect((failed as HttpRequestError).response?.status).toBe(422);
  });

  test("the request limit of one address: HTTP 429 and no word on /exchange being done", async () => {
    const limited = new ExchangeFixture({ ipLimits: true });
    try {
      const { info } = nkClients(limited, 1);
      // 1200 a minute, 20 for each of these.
      for (let i = 0; i < 60; i++) await info.meta();
      const failed = await info.meta().catch((error) => error);
      expect(failed).toBeInstanceOf(HttpRequestError);
      expect((failed as HttpRequestError).response?.status).toBe(429);
      limited.advance(61_000);
      expect((await info.meta()).universe.length).toBe(3);
    } finally {
      limited.stop();
    }
  });
});
