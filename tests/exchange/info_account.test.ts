import { describe, expect, test } from "bun:test";
import type {
  ActiveAssetDataResponse,
  ClearinghouseStateResponse,
  ExtraAgentsResponse,
  PortfolioResponse,
  PreTransferCheckResponse,
  ReferralResponse,
  SubAccounts2Response,
  UserFeesResponse,
  UserNonFundingLedgerUpdatesResponse,
  UserRateLimitResponse,
  UserRoleResponse,
  WebData2Response,
} from "@nktkas/hyperliquid/api/info";
import { printSpotContexts } from "../../src/exchange/print_spot.ts";
import { QUESTION_TYPES } from "../../src/exchange/questions.ts";
import type { Action } from "../../src/wire/hyperliquid/action.ts";
import { Desk, key, ONE, T0, TWO, traded } from "../fixtures/exchange.ts";
import { limit, orderAction, user } from "../fixtures/venue.ts";

// Expected answers have the types that @nktkas/hyperliquid declares: the compiler checks their shape, the test their values.

describe("accounts", () => {
  test("a clearinghouse keeps the venue's identities", () => {
    const state = traded().info({ type: "clearinghouseState", user: ONE });
    const margin = {
      accountValue: "99999.9955",
      totalNtlPos: "30.0",
      totalRawUsd: "100029.9955",
      totalMarginUsed: "3.0",
    };
    const expected: ClearinghouseStateResponse = {
      marginSummary: margin,
      crossMarginSummary: margin,
      crossMaintenanceMarginUsed: "1.5",
      withdrawable: "99996.9955",
      assetPositions: [
        {
          type: "oneWay",
          position: {
            coin: "AAA",
            szi: "-1.0",
            leverage: { type: "cross", value: 10 },
            entryPx: "30.0",
            positionValue: "30.0",
            unrealizedPnl: "0.0",
            returnOnEquity: "0.0",
            liquidationPx: "95266.6623809524",
            marginUsed: "3.0",
            maxLeverage: 10,
            cumFunding: { allTime: "0.0", sinceOpen: "0.0", sinceChange: "0.0" },
          },
        },
      ],
      time: T0 + 210,
    };
    expect(state).toEqual(expected);
  });

  test("an isolated position has cash of its own", () => {
    const desk = new Desk();
    desk.fund("1");
    desk.fund("2");
    desk.act(key("1"), orderAction(limit(110_000, "sell", "1", "30")));
    desk.act(key("2"), orderAction(limit(110_000, "buy", "1", "30")));
    const state = desk.info({ type: "clearinghouseState", user: TWO, dex: "xyz" }) as ClearinghouseStateResponse;
    expect(state.assetPositions[0]?.position).toMatchObject({
      coin: "xyz:AAA",
      leverage: { type: "isolated", value: 10, rawUsd: "-27.0" },
      marginUsed: "3.0",
    });
    expect(desk.info({ type: "clearinghouseState", user: TWO })).toMatchObject({ assetPositions: [] });
  });

  test("nobody has nothing, and asking makes nobody", () => {
    const desk = new Desk();
    const nothing = { accountValue: "0.0", totalNtlPos: "0.0", totalRawUsd: "0.0", totalMarginUsed: "0.0" };
    const expected: ClearinghouseStateResponse = {
      marginSummary: nothing,
      crossMarginSummary: nothing,
      crossMaintenanceMarginUsed: "0.0",
      withdrawable: "0.0",
      assetPositions: [],
      time: T0,
    };
    expect(desk.info({ type: "clearinghouseState", user: user("9") })).toEqual(expected);
    for (const type of QUESTION_TYPES) desk.info({ type, user: user("9"), coin: "AAA", builder: user("8"), oid: 1 });
    expect([...desk.bench.venue.accounts()]).toEqual([]);
  });

  test("spot balances", () => {
    const desk = new Desk();
    const account = desk.bench.account("a");
    account.spot.set(0, 10_050_811_272_667);
    account.spot.set(235, 0);
    expect(desk.info({ type: "spotClearinghouseState", user: user("a") })).toEqual({
      balances: [{ coin: "USDC", token: 0, total: "100508.11272667", hold: "0.0", entryNtl: "0.0" }],
    });
  });

  test("what may be traded: an untouched isolated market at its most leverage", () => {
    const desk = traded();
    const expected: ActiveAssetDataResponse = {
      user: ONE,
      coin: "xyz:AAA",
      leverage: { type: "isolated", value: 10, rawUsd: "0.0" },
      maxTradeSzs: ["33333.33", "33333.33"],
      availableToTrade: ["100000.0", "100000.0"],
      markPx: "30.0",
    };
    const mixed = `0x${ONE.slice(2).toUpperCase()}`;
    expect(desk.info({ type: "activeAssetData", user: mixed, coin: "xyz:AAA" })).toEqual(expected);
    expect(desk.info({ type: "activeAssetData", user: user("9"), coin: "AAA" })).toMatchObject({
      leverage: { type: "cross", value: 10 },
      maxTradeSzs: ["0.0", "0.0"],
    });
  });

  test("the request budget", () => {
    const desk = traded();
    const expected: UserRateLimitResponse = {
      cumVlm: "30.0",
      nRequestsUsed: 2,
      nRequestsCap: 10_030,
      nRequestsSurplus: 0,
    };
    expect(desk.info({ type: "userRateLimit", user: TWO })).toEqual(expected);
    expect(desk.info({ type: "userRateLimit", user: user("9") })).toEqual({
      cumVlm: "0.0",
      nRequestsUsed: 0,
      nRequestsCap: 10_000,
      nRequestsSurplus: 0,
    });
    desk.act(key("2"), { type: "reserveRequestWeight", weight: 100 });
    expect(desk.info({ type: "userRateLimit", user: TWO })).toMatchObject({ nRequestsUsed: 0, nRequestsSurplus: 97 });
  });

  test("fees: fifteen days, the schedule, and the rates of the tier", () => {
    const fees = traded().info({ type: "userFees", user: TWO }) as UserFeesResponse;
    expect(fees.dailyUserVlm.length).toBe(15);
    expect(fees.dailyUserVlm.at(-1)).toEqual({
      date: "2026-09-21",
      userCross: "30.0",
      userAdd: "0.0",
      exchange: "30.0",
    });
    expect(fees.feeSchedule.tiers.vip[0]).toMatchObject({ ntlCutoff: "5000000.0", cross: "0.0004" });
    expect(fees).toMatchObject({
      userCrossRate: "0.00045",
      userAddRate: "0.00015",
      activeReferralDiscount: "0.0",
      trial: null,
      stakingLink: null,
    });
  });

  test("roles: nobody, a user, an agent, a sub-account", () => {
    const desk = new Desk();
    desk.fund("1");
    const nonce = desk.nextNonce();
    const approve = { type: "approveAgent", agentAddress: TWO, agentName: "bot", nonce };
    const signed = { signatureChainId: "0x66eee", hyperliquidChain: "Mainnet", ...approve } as Action;
    desk.act(key("1"), signed, { nonce });
    const sub = desk.bench.venue.addSubAccount(desk.bench.venue.accountOf(ONE), "sub");
    const roleOf = (address: string): unknown => desk.info({ type: "userRole", user: address });
    const expected: UserRoleResponse[] = [
      { role: "missing" },
      { role: "user" },
      { role: "agent", data: { user: ONE } },
      { role: "subAccount", data: { master: ONE } },
    ];
    expect([user("9"), ONE, TWO, sub.address].map(roleOf)).toEqual(expected);
    const agents: ExtraAgentsResponse = [{ name: "bot", address: TWO, validUntil: T0 + 70 + 90 * 86_400_000 }];
    expect(desk.info({ type: "extraAgents", user: ONE })).toEqual(agents);
    const subs = desk.info({ type: "subAccounts2", user: ONE }) as NonNullable<SubAccounts2Response>;
    expect(subs).toMatchObject([
      { name: "sub", subAccountUser: sub.address, master: ONE, spotState: { balances: [] } },
    ]);
    expect(subs[0]?.dexToClearinghouseState.map(([dex]) => dex)).toEqual(["", "xyz"]);
    expect(desk.info({ type: "subAccounts", user: ONE })).toMatchObject([
      { clearinghouseState: { withdrawable: "0.0" } },
    ]);
    expect(desk.info({ type: "subAccounts", user: TWO })).toBeNull();
  });

  test("the ledger prints whole amounts with a point", () => {
    const desk = traded();
    const entries = desk.info({
      type: "userNonFundingLedgerUpdates",
      user: ONE,
    }) as UserNonFundingLedgerUpdatesResponse;
    expect(entries.map((entry) => entry.delta)).toEqual([
      { type: "deposit", usdc: "100000.0" },
      { type: "deposit", usdc: "100000.0" },
    ]);
    expect(desk.info({ type: "userNonFundingLedgerUpdates", user: ONE, startTime: T0 + 1 })).toEqual([]);
  });

  test("funding that was paid", () => {
    const desk = traded();
    desk.bench.steps(Math.ceil(2_800_000 / 70) + 1);
    const [one] = desk.info({ type: "userFunding", user: ONE, startTime: 0 }) as object[];
    expect(one).toMatchObject({
      hash: `0x${"0".repeat(64)}`,
      delta: { type: "funding", coin: "AAA", usdc: "0.000375", szi: "-1.0", fundingRate: "0.0000125", nSamples: null },
    });
  });

  test("what frontends ask at their start", () => {
    const desk = traded();
    const web = desk.info({ type: "webData2", user: ONE }) as WebData2Response;
    expect(web).toMatchObject({
      leadingVaults: [],
      totalVaultEquity: "0.0",
      agentAddress: null,
      agentValidUntil: null,
      cumLedger: "200000.0",
      serverTime: T0 + 210,
      isVault: false,
      user: ONE,
      twapStates: [],
      spotAssetCtxs: printSpotContexts(),
    });
    expect(web.clearinghouseState).toEqual(desk.info({ type: "clearinghouseState", user: ONE }) as never);
    expect([web.meta, web.assetCtxs] as unknown).toEqual(desk.info({ type: "metaAndAssetCtxs" }));
    const referral = desk.info({ type: "referral", user: ONE }) as ReferralResponse;
    expect(referral).toMatchObject({ referredBy: null, cumVlm: "30.0", referrerState: { stage: "needToTrade" } });
    const portfolio = desk.info({ type: "portfolio", user: ONE }) as PortfolioResponse;
    expect(portfolio.map(([period]) => period).join(" ")).toBe(
      "day week month allTime perpDay perpWeek perpMonth perpAllTime",
    );
    expect(portfolio[0][1].accountValueHistory).toEqual([[T0 + 210, "199999.9955"]]);
    const check: PreTransferCheckResponse = {
      fee: "1.0",
      isSanctioned: false,
      userExists: false,
      userHasSentTx: false,
    };
    expect(desk.info({ type: "preTransferCheck", user: user("9"), source: ONE })).toEqual(check);
    expect(desk.info({ type: "legalCheck", user: ONE })).toEqual({
      ipAllowed: true,
      acceptedTerms: true,
      userAllowed: true,
    });
  });

  test.each([
    ["userAbstraction", "disabled"],
    ["userDexAbstraction", false],
    ["isVip", null],
    ["approvedBuilders", []],
    ["twapHistory", []],
    ["userTwapSliceFills", []],
  ])("%s is %o", (type, expected) => {
    expect(new Desk().info({ type, user: user("9") })).toEqual(expected as never);
  });
});
