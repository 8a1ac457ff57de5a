/**
 * @nktkas/hyperliquid runs accounts on the local exchange: leverage and margin, transfers to a HIP-3 dex, agents, sub-accounts, fees, requests.
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { ExchangeClient, HttpTransport } from "@nktkas/hyperliquid";
import { privateKeyToAccount } from "viem/accounts";
import { ExchangeFixture, keyOf } from "../fixtures/loopback_exchange.ts";
import { limit, type NkClients, nkClients, nkFunded, refusalOf } from "../fixtures/nktkas.ts";
import { TypeWitness } from "../fixtures/nktkas_types.ts";

const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const [BTC, SIM_HYPE, SIM_XYZ] = [0, 110_000, 110_001];
const USDC = "USDC:0xeb62eee3685fc4c43992febcd9e75443";
const DAY_MS = 86_400_000;

describe.skipIf(!enabled)("@nktkas/hyperliquid on accounts (needs MMBIN_PROCESS_TESTS=1)", () => {
  const witness = new TypeWitness();
  let venue: ExchangeFixture;
  let me: NkClients;
  let accountNumber = 300;

  beforeAll(() => {
    venue = new ExchangeFixture();
    for (const [coin, bid, ask, sz] of [
      ["BTC", "89990", "90010", "1000"],
      ["sim:HYPE", "29.99", "30.01", "100000"],
      ["sim:XYZ", "499.9", "500.1", "10000"],
    ] as const) {
      venue.house(coin, true, bid, sz);
      venue.house(coin, false, ask, sz);
    }
  });
  afterAll(() => venue.stop());
  beforeEach(() => {
    accountNumber += 1;
    me = nkFunded(venue, accountNumber);
  });

  const user = (): { user: `0x${string}` } => ({ user: me.address });
  const take = (clients: NkClients, asset: number, isBuy: boolean, px: string, sz: string) =>
    clients.exchange.order({ orders: [limit(asset, isBuy, px, sz, { tif: "Ioc" })], grouping: "na" });
  const stateOf = async (dex = "") =>
    witness.info("clearinghouseState", await me.info.clearinghouseState({ ...user(), dex }), dex);
  const send = (amount: string, sourceDex: string, destinationDex: string, destination = me.address) =>
    me.exchange.sendAsset({ destination, sourceDex, destinationDex, token: USDC, amount, fromSubAccount: "" });
  const clientOf = (n: number): ExchangeClient => {
    const transport = new HttpTransport({ apiUrl: venue.url, isTestnet: true });
    return new ExchangeClient({ transport, wallet: privateKeyToAccount(keyOf(n)) });
  };

  test("nothing is known of an address that never came", async () => {
    const nobody = { user: `0x${"99".repeat(20)}` as const };
    expect(await me.info.clearinghouseState(nobody)).toMatchObject({
      marginSummary: { accountValue: "0.0", totalNtlPos: "0.0", totalRawUsd: "0.0", totalMarginUsed: "0.0" },
      withdrawable: "0.0",
      assetPositions: [],
    });
    expect([
      await me.info.openOrders(nobody),
      await me.info.frontendOpenOrders(nobody),
      await me.info.historicalOrders(nobody),
      await me.info.userFills(nobody),
      await me.info.userFunding({ ...nobody, startTime: 0 }),
      await me.info.userNonFundingLedgerUpdates({ ...nobody, startTime: 0 }),
      await me.info.extraAgents(nobody),
      await me.info.approvedBuilders(nobody),
      await me.info.userTwapSliceFills(nobody),
      await me.info.twapHistory(nobody),
    ]).toEqual([[], [], [], [], [], [], [], [], [], []]);
    expect(await me.info.subAccounts(nobody)).toBeNull();
    expect(await me.info.userRole(nobody)).toEqual({ role: "missing" });
    expect(await me.info.userRateLimit(nobody)).toMatchObject({
      cumVlm: "0.0",
      nRequestsUsed: 0,
      nRequestsCap: 10_000,
    });
    witness.info("clearinghouseState", await me.info.clearinghouseState(nobody), "nobody");
    witness.info("spotClearinghouseState", await me.info.spotClearinghouseState(nobody));
    witness.info("userFees", await me.info.userFees(nobody));
    witness.info("portfolio", await me.info.portfolio(nobody));
    witness.info("referral", await me.info.referral(nobody));
    witness.info("webData2", await me.info.webData2(nobody));
  });

  test("a cross position: leverage sets what it binds", async () => {
    witness.exchange("updateLeverage", await me.exchange.updateLeverage({ asset: BTC, isCross: true, leverage: 10 }));
    const data = witness.info("activeAssetData", await me.info.activeAssetData({ ...user(), coin: "BTC" }));
    expect(data).toMatchObject({ user: me.address, coin: "BTC", leverage: { type: "cross", value: 10 } });
    await take(me, BTC, true, "90010", "1");
    const state = await stateOf();
    const position = state.assetPositions[0]?.position;
    const mark = Number(position?.positionValue);
    expect(position).toMatchObject({ leverage: { type: "cross", value: 10 }, szi: "1.0", maxLeverage: 40 });
    expect(Number(position?.marginUsed)).toBeCloseTo(mark / 10, 5);
    const { accountValue, totalRawUsd, totalNtlPos, totalMarginUsed } = state.marginSummary;
    expect(Number(accountValue)).toBeCloseTo(Number(totalRawUsd) + mark, 6);
    expect(Number(state.withdrawable)).toBeCloseTo(
      Number(accountValue) - Math.max(Number(totalMarginUsed), 0.1 * Number(totalNtlPos)),
      5,
    );
    expect(Number(state.crossMaintenanceMarginUsed)).toBeCloseTo(mark / 80, 5);
  });

  test("an isolated position on the HIP-3 dex: fund it, open it, add margin", async () => {
    await send("5000", "", "sim");
    expect((await stateOf()).marginSummary.accountValue).toBe("95000.0");
    expect((await stateOf("sim")).marginSummary.accountValue).toBe("5000.0");
    await me.exchange.updateLeverage({ asset: SIM_HYPE, isCross: false, leverage: 5 });
    await take(me, SIM_HYPE, true, "30.01", "100");
    const before = (await stateOf("sim")).assetPositions[0]?.position;
    expect(before?.leverage).toMatchObject({ type: "isolated", value: 5 });
    // 3001 of notional, five times leverage.
    expect(Number(before?.marginUsed)).toBeCloseTo(3001 / 5, -1);
    const added = await me.exchange.updateIsolatedMargin({ asset: SIM_HYPE, isBuy: true, ntli: 100_000_000 });
    witness.exchange("updateIsolatedMargin", added);
    const after = (await stateOf("sim")).assetPositions[0]?.position;
    const raw = (p: typeof before): number => Number((p?.leverage as { rawUsd: string } | undefined)?.rawUsd);
    expect(raw(after) - raw(before)).toBeCloseTo(100, 6);
    await me.exchange.updateIsolatedMargin({ asset: SIM_HYPE, isBuy: true, ntli: -50_000_000 });
    expect(raw((await stateOf("sim")).assetPositions[0]?.position) - raw(before)).toBeCloseTo(50, 6);
    // The fee on the HIP-3 dex is twice the base: 9 bp.
    const [fill] = await me.info.userFills(user());
    expect([fill?.coin, fill?.fee]).toEqual(["sim:HYPE", "2.7009"]);
    expect((await stateOf()).assetPositions).toEqual([]);
    const ledger = witness.info(
      "userNonFundingLedgerUpdates",
      await me.info.userNonFundingLedgerUpdates({ ...user(), startTime: 0 }),
    );
    expect(ledger.map((l) => l.delta.type).sort()).toEqual(["deposit", "send"]);
    expect(ledger.find((l) => l.delta.type === "send")?.delta).toMatchObject({
      sourceDex: "",
      destinationDex: "sim",
      amount: "5000.0",
    });
  });

  test("a strictly isolated market in growth mode: no cross, no margin out, a tenth of the fee", async () => {
    await send("5000", "", "sim");
    expect(await refusalOf(me.exchange.updateLeverage({ asset: SIM_XYZ, isCross: true, leverage: 5 }))).toBe(
      "Cross margin is not allowed for this asset.",
    );
    await take(me, SIM_XYZ, true, "500.1", "2");
    const [fill] = await me.info.userFills(user());
    expect([fill?.coin, fill?.fee]).toEqual(["sim:XYZ", "0.090018"]);
    expect(await refusalOf(me.exchange.updateIsolatedMargin({ asset: SIM_XYZ, isBuy: true, ntli: -1_000_000 }))).toBe(
      "Cannot remove isolated margin for this asset. To remove margin, reduce the position.",
    );
    const rawUsd = async (): Promise<number> => {
      const { leverage } = (await stateOf("sim")).assetPositions[0]?.position ?? {};
      return leverage?.type === "isolated" ? Number(leverage.rawUsd) : Number.NaN;
    };
    const before = await rawUsd();
    // Margin comes in by the leverage that is left: 1,000 at ten times needs 100.
    const topUp = await me.exchange.topUpIsolatedOnlyMargin({ asset: SIM_XYZ, leverage: "10" });
    witness.exchange("topUpIsolatedOnlyMargin", topUp);
    expect((await rawUsd()) - before).toBeGreaterThan(40);
    // A tenth of the volume earns requests.
    expect(await me.info.userRateLimit(user())).toMatchObject({ cumVlm: "100.02", nRequestsCap: 10_100 });
  });

  test("closing books the gain, and what was bought and sold explains the account value", async () => {
    await take(me, BTC, true, "90010", "0.5");
    await take(me, BTC, false, "89990", "0.5");
    const fills = await me.info.userFills(user());
    expect(fills.map((f) => [f.dir, f.closedPnl, f.startPosition])).toEqual([
      ["Close Long", "-10.0", "0.5"],
      ["Open Long", "0.0", "0.0"],
    ]);
    const fees = fills.reduce((sum, f) => sum + Math.round(Number(f.fee) * 1e6), 0);
    const value = Math.round(Number((await stateOf()).marginSummary.accountValue) * 1e6);
    expect(value).toBe(100_000_000_000 - 10_000_000 - fees);
  });

  test("a flip is one fill", async () => {
    await take(me, BTC, true, "90010", "0.1");
    await take(me, BTC, false, "89990", "0.3");
    const [flip] = await me.info.userFills(user());
    expect(flip).toMatchObject({ dir: "Long > Short", sz: "0.3", startPosition: "0.1", closedPnl: "-2.0" });
    expect((await stateOf()).assetPositions[0]?.position).toMatchObject({ szi: "-0.2", entryPx: "89990.0" });
  });

  test("fees and requests are told before and after", async () => {
    const fees = witness.info("userFees", await me.info.userFees(user()));
    expect([fees.userCrossRate, fees.userAddRate]).toEqual(["0.00045", "0.00015"]);
    const before = witness.info("userRateLimit", await me.info.userRateLimit(user()));
    expect(before).toMatchObject({ cumVlm: "0.0", nRequestsUsed: 0, nRequestsCap: 10_000, nRequestsSurplus: 0 });
    await me.exchange.order({
      orders: [1, 2, 3].map((i) => limit(BTC, true, String(88_000 + i), "0.01")),
      grouping: "na",
    });
    expect((await me.info.userRateLimit(user())).nRequestsUsed).toBe(3);
    await take(me, BTC, true, "90010", "0.1");
    expect(await me.info.userRateLimit(user())).toMatchObject({
      cumVlm: "9001.0",
      nRequestsUsed: 4,
      nRequestsCap: 19_001,
    });
    const cash = Number((await stateOf()).marginSummary.totalRawUsd);
    witness.exchange("reserveRequestWeight", await me.exchange.reserveRequestWeight({ weight: 100 }));
    const bought = await me.info.userRateLimit(user());
    expect(bought.nRequestsUsed - bought.nRequestsSurplus).toBe(5 - 100);
    // $0.0005 each.
    expect(Number((await stateOf()).marginSummary.totalRawUsd)).toBeCloseTo(cash - 0.05, 6);
  });

  test("an agent trades for its account until it expires", async () => {
    const agent = privateKeyToAccount(keyOf(10_000 + accountNumber));
    const validUntil = venue.nowMs + 600_000;
    const approve = { agentAddress: agent.address, agentName: `maker valid_until ${validUntil}` };
    witness.exchange("approveAgent", await me.exchange.approveAgent(approve));
    expect(witness.info("extraAgents", await me.info.extraAgents(user()))).toEqual([
      { name: "maker", address: agent.address.toLowerCase() as `0x${string}`, validUntil },
    ]);
    expect(await me.info.userRole({ user: agent.address })).toEqual({ role: "agent", data: { user: me.address } });
    const robot = clientOf(10_000 + accountNumber);
    await robot.order({ orders: [limit(BTC, true, "88000", "0.01")], grouping: "na" });
    expect((await me.info.openOrders(user())).length).toBe(1);
    expect(await me.info.openOrders({ user: agent.address })).toEqual([]);
    // An agent has no requests and no transfers of its own: the approval and the order are the account's.
    expect((await me.info.userRateLimit(user())).nRequestsUsed).toBe(2);
    expect(await refusalOf(robot.usdSend({ destination: me.address, amount: "1" }))).toMatch(
      /^(Must deposit before performing actions\. User: |User or API Wallet )/,
    );
    venue.advance(600_100);
    const gone = `User or API Wallet ${agent.address.toLowerCase()} does not exist.`;
    expect(await refusalOf(robot.order({ orders: [limit(BTC, true, "88001", "0.01")], grouping: "na" }))).toBe(gone);
    expect((await me.info.openOrders(user())).length).toBe(1);
  });

  test("one unnamed agent and three named ones; the same name replaces", async () => {
    const address = (i: number): `0x${string}` => privateKeyToAccount(keyOf(20_000 + accountNumber * 10 + i)).address;
    await me.exchange.approveAgent({ agentAddress: address(0), agentName: null });
    expect(await me.info.extraAgents(user())).toEqual([]);
    for (const [i, agentName] of ["a", "b", "c"].entries())
      await me.exchange.approveAgent({ agentAddress: address(i + 1), agentName });
    expect(await refusalOf(me.exchange.approveAgent({ agentAddress: address(4), agentName: "d" }))).toBe(
      "Too many extra agents for cumulative volume traded. Current limit is 3",
    );
    expect(await refusalOf(me.exchange.approveAgent({ agentAddress: address(1), agentName: "b" }))).toBe(
      "Extra agent already used.",
    );
    await me.exchange.approveAgent({ agentAddress: address(5), agentName: "a" });
    const robot = new ExchangeClient({
      transport: new HttpTransport({ apiUrl: venue.url, isTestnet: true }),
      wallet: privateKeyToAccount(keyOf(20_000 + accountNumber * 10 + 1)),
    });
    expect(await refusalOf(robot.noop())).toBe(`User or API Wallet ${address(1).toLowerCase()} does not exist.`);
    expect((await me.info.extraAgents(user())).map((a) => a.name).sort()).toEqual(["a", "b", "c"]);
  });

  test("a sub-account: made, funded, traded for by its master and by the master's agent", async () => {
    venue.venue.accountOf(me.address).volumeUsd = 200_000_000_000;
    const made = witness.exchange("createSubAccount", await me.exchange.createSubAccount({ name: "second" }));
    const sub = made.response.data;
    await me.exchange.subAccountTransfer({ subAccountUser: sub, isDeposit: true, usd: 10_000_000_000 });
    const agent = privateKeyToAccount(keyOf(30_000 + accountNumber));
    await me.exchange.approveAgent({ agentAddress: agent.address, agentName: "robot" });
    const order = { orders: [limit(BTC, true, "88000", "0.01")], grouping: "na" as const };
    await me.exchange.order(order, { vaultAddress: sub });
    await clientOf(30_000 + accountNumber).order(order, { vaultAddress: sub });
    expect((await me.info.openOrders({ user: sub })).length).toBe(2);
    expect(await me.info.openOrders(user())).toEqual([]);
    // Its requests are its own.
    expect((await me.info.userRateLimit({ user: sub })).nRequestsUsed).toBe(2);
    const stranger = nkFunded(venue, 399);
    expect(await refusalOf(stranger.exchange.order(order, { vaultAddress: sub }))).not.toBe("");
    expect((await me.info.openOrders({ user: sub })).length).toBe(2);
    expect(await me.info.userRole({ user: sub })).toEqual({ role: "subAccount", data: { master: me.address } });
    const list = witness.info("subAccounts", await me.info.subAccounts(user()));
    expect(list).toMatchObject([{ name: "second", subAccountUser: sub, master: me.address }]);
    expect(list?.[0]?.clearinghouseState.marginSummary.accountValue).toBe("10000.0");
    const list2 = witness.info("subAccounts2", await me.info.subAccounts2(user()));
    expect(list2?.[0]?.dexToClearinghouseState.map(([dex]) => dex)).toEqual(["", "sim"]);
    await me.exchange.subAccountTransfer({ subAccountUser: sub, isDeposit: false, usd: 9_000_000_000 });
    expect((await me.info.clearinghouseState({ user: sub })).marginSummary.accountValue).toBe("1000.0");
  });

  test("money goes to spot, back, to others, and out", async () => {
    witness.exchange("usdClassTransfer", await me.exchange.usdClassTransfer({ amount: "1000", toPerp: false }));
    const spot = witness.info("spotClearinghouseState", await me.info.spotClearinghouseState(user()));
    expect(spot.balances).toMatchObject([{ coin: "USDC", token: 0, total: "1000.0", hold: "0.0" }]);
    await me.exchange.usdClassTransfer({ amount: "400", toPerp: true });
    expect((await stateOf()).withdrawable).toBe("99400.0");
    const other = nkClients(venue, 10_000 + accountNumber);
    await me.exchange.usdSend({ destination: other.address, amount: "100" });
    const got = Number((await me.info.clearinghouseState({ user: other.address })).marginSummary.accountValue);
    expect(got === 100 || got === 99).toBe(true);
    witness.exchange("withdraw3", await me.exchange.withdraw3({ destination: me.address, amount: "50" }));
    const ledger = witness.info(
      "userNonFundingLedgerUpdates",
      await me.info.userNonFundingLedgerUpdates({ ...user(), startTime: 0 }),
      "money",
    );
    expect(ledger.map((l) => l.delta.type).sort()).toEqual([
      "accountClassTransfer",
      "accountClassTransfer",
      "deposit",
      "internalTransfer",
      "withdraw",
    ]);
    witness.info("preTransferCheck", await me.info.preTransferCheck({ user: other.address, source: me.address }));
    witness.info("legalCheck", await me.info.legalCheck(user()));
    await me.exchange.userSetAbstraction({ user: me.address, abstraction: "disabled" });
    const unified = me.exchange.userSetAbstraction({ user: me.address, abstraction: "unifiedAccount" });
    expect(await refusalOf(unified)).toBe("Abstraction transition not allowed");
    expect(witness.info("userAbstraction", await me.info.userAbstraction(user()))).toBe("disabled");
    witness.info("userDexAbstraction", await me.info.userDexAbstraction(user()));
    expect(await me.info.userRole(user())).toEqual({ role: "user" });
  });

  test("an hour's funding is paid, told and booked", async () => {
    await take(me, BTC, true, "90010", "1");
    const before = Number((await stateOf()).marginSummary.totalRawUsd);
    venue.advance(3_650_000);
    const rows = witness.info("userFunding", await me.info.userFunding({ ...user(), startTime: 0 }));
    expect(rows.length).toBeGreaterThanOrEqual(1);
    const paid = rows.reduce((sum, r) => sum + Number(r.delta.usdc), 0);
    expect(rows[0]?.delta).toMatchObject({ type: "funding", coin: "BTC", szi: "1.0" });
    const state = await stateOf();
    expect(Number(state.marginSummary.totalRawUsd)).toBeCloseTo(before + paid, 6);
    // What was paid counts as positive there.
    expect(Number(state.assetPositions[0]?.position.cumFunding.sinceOpen)).toBeCloseTo(-paid, 6);
  });

  test("a dead man's switch after a million of volume ends all orders", async () => {
    venue.venue.accountOf(me.address).volumeUsd = 2_000_000_000_000;
    const order = await me.exchange.order({ orders: [limit(BTC, true, "88000", "0.01")], grouping: "na" });
    const { oid } = (order.response.data.statuses[0] as { resting: { oid: number } }).resting;
    witness.exchange("scheduleCancel", await me.exchange.scheduleCancel({ time: venue.nowMs + 10_000 }));
    venue.advance(9_000);
    expect((await me.info.openOrders(user())).length).toBe(1);
    venue.advance(1_200);
    expect(await me.info.openOrders(user())).toEqual([]);
    const status = await me.info.orderStatus({ ...user(), oid });
    expect(status.status === "order" && status.order.status).toBe("scheduledCancel");
    await me.exchange.scheduleCancel({ time: venue.nowMs + 10_000 });
    await me.exchange.scheduleCancel();
    venue.advance(DAY_MS / 1_000);
  });

  test("a signature for mainnet works where the venue is mainnet", async () => {
    const mainnet = new ExchangeFixture({ chain: "Mainnet" });
    try {
      const clients = nkFunded(mainnet, 1);
      await clients.exchange.order({ orders: [limit(BTC, true, "88000", "0.01")], grouping: "na" });
      await clients.exchange.usdClassTransfer({ amount: "1", toPerp: false });
      expect((await clients.info.openOrders({ user: clients.address })).length).toBe(1);
    } finally {
      mainnet.stop();
    }
  });

  test("all answers are of the declared types", async () => {
    expect(witness.count).toBeGreaterThan(35);
    expect(await witness.differences()).toEqual([]);
  });
});
