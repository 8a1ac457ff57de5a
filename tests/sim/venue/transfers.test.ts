import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LIMITER_RULES } from "../../../src/sim/limits.ts";
import { VenueAccount } from "../../../src/sim/venue/account.ts";
import { Administration } from "../../../src/sim/venue/administration.ts";
import { AgentBook } from "../../../src/sim/venue/agents.ts";
import type { LedgerEntry } from "../../../src/sim/venue/events.ts";
import { Fanout } from "../../../src/sim/venue/fanout.ts";
import { type DexSpec, VENUE_RULES, type VenueSpec } from "../../../src/sim/venue/spec.ts";
import { Transfers } from "../../../src/sim/venue/transfers.ts";
import type { SendAssetAction } from "../../../src/wire/hyperliquid/action.ts";

const address = (digit: string): string => `0x${digit.repeat(40)}`;
const [ANNE, BEN, SUB, NEW] = ["a", "b", "c", "d"].map(address) as [string, string, string, string];
const USDC = "USDC:0x6d1e7cde53ba9467b783cb7c530ce054";
const USDE = "USDE:0x2e6d84f2d7ca82e6581e03523e4389f7";
const dex = (name: string, collateralToken: number): DexSpec => ({
  name,
  fullName: name,
  collateralToken,
  feeScale: "1.0",
  totalOiCapUsd: 0,
  markets: [],
});
const token = (text: string, index: number) => {
  const [name, tokenId] = text.split(":") as [string, string];
  return { index, name, tokenId, szDecimals: 8, weiDecimals: 8 };
};
const spec: VenueSpec = {
  chain: "Mainnet",
  tokens: [token(USDC, 0), token(USDE, 235)],
  dexs: [dex("", 0), dex("xyz", 0), dex("hyna", 235)],
  rules: VENUE_RULES,
  seed: 1,
  startUs: 0,
};

/** A venue whose every dollar is free. */
function setup() {
  const accounts = new Map<string, VenueAccount>();
  const ledger: LedgerEntry[] = [];
  const kept = new Map<number, number>();
  const listener = new Fanout();
  listener.add({
    onTrade: () => {},
    onFill: () => {},
    onOrder: () => {},
    onNonUserCancel: () => {},
    onFunding: () => {},
    onLedger: (entry) => ledger.push(entry),
    onLiquidation: () => {},
    onBlock: () => {},
  });
  const make = (at: string, master: VenueAccount | null = null): VenueAccount => {
    const account = new VenueAccount({ address: at, dexCount: 3, rules: LIMITER_RULES, ...(master && { master }) });
    accounts.set(at, account);
    return account;
  };
  const host = {
    spec,
    rules: VENUE_RULES,
    nowMs: 1_790_000_000_000,
    referralCodes: ["FRIEND"],
    listener,
    accountOf: (at: string) => accounts.get(at) ?? make(at),
    find: (at: string) => accounts.get(at) ?? null,
    addSubAccount: (master: VenueAccount, _name: string) => {
      const sub = make(SUB, master);
      sub.exists = true;
      master.subAccounts.push(sub);
      return sub;
    },
    feesChanged: () => {},
    withdrawableUsd: (account: VenueAccount, index: number) => account.dex(index).cashUsd,
    credit: (account: VenueAccount, index: number, usd: number) => {
      account.dex(index).cashUsd += usd;
    },
    debit: (account: VenueAccount, index: number, usd: number) => {
      account.dex(index).cashUsd -= usd;
      return true;
    },
    keep: (index: number, units: number) => {
      kept.set(index, (kept.get(index) ?? 0) + units);
    },
  };
  const transfers = new Transfers(host);
  const anne = make(ANNE);
  anne.exists = true;
  anne.dex(0).cashUsd = 1_000_000_000;
  const ben = make(BEN);
  ben.exists = true;
  const admin = new Administration(host, new AgentBook(() => {}), transfers);
  return { transfers, admin, anne, ben, accounts, ledger, kept, host };
}

const send = (over: Partial<SendAssetAction>): SendAssetAction => ({
  type: "sendAsset",
  signatureChainId: "0x66eee",
  hyperliquidChain: "Mainnet",
  destination: ANNE,
  sourceDex: "",
  destinationDex: "xyz",
  token: USDC,
  amount: "100",
  fromSubAccount: "",
  nonce: 1,
  ...over,
});

describe("sendAsset", () => {
  test.each([
    ["main to a dex with the same collateral", {}, null],
    ["main to spot", { destinationDex: "spot" }, null],
    ["to a dex with other collateral", { destinationDex: "hyna" }, "Token cannot be transferred to or from this dex."],
    ["a token that is not the dex's", { token: USDE }, "Token cannot be transferred to or from this dex."],
    ["a token that is none", { token: "USDC:0x00" }, "Token cannot be transferred to or from this dex."],
    ["a dex that is none", { destinationDex: "zzz" }, "Invalid dex."],
    ["more than there is", { amount: "1000.000001" }, "Insufficient balance for token transfer"],
    ["all there is", { amount: "1000" }, null],
    ["finer than a micro-dollar", { amount: "0.0000001" }, "Invalid amount."],
    ["nothing", { amount: "0" }, "Invalid amount."],
    ["less than nothing", { amount: "-5" }, "Invalid amount."],
    ["a sub-account that is not there", { fromSubAccount: SUB }, `Sub-account ${SUB} is not registered to ${ANNE}`],
  ] as [string, Partial<SendAssetAction>, string | null][])("%s", (_, over, expected) => {
    const { transfers, anne, ledger } = setup();
    expect(transfers.sendAsset(anne, send(over), "0x1")).toBe(expected);
    expect(ledger.length).toBe(expected === null ? 1 : 0);
  });

  test("a transfer that is refused makes no account", () => {
    const { transfers, anne, accounts } = setup();
    const text = "Insufficient balance for token transfer";
    expect(transfers.sendAsset(anne, send({ destination: NEW, destinationDex: "", amount: "1000" }), "0x1")).toBe(text);
    expect(accounts.has(NEW)).toBe(false);
  });

  test("a new account costs its sender one unit of the token", () => {
    const { transfers, anne, accounts, kept, ledger } = setup();
    expect(transfers.sendAsset(anne, send({ destination: NEW, destinationDex: "" }), "0x1")).toBeNull();
    expect([anne.dex(0).cashUsd, accounts.get(NEW)?.dex(0).cashUsd]).toEqual([899_000_000, 100_000_000]);
    expect(kept.get(0)).toBe(100_000_000);
    expect(ledger.map((entry) => [entry.account.address, entry.delta.fee])).toEqual([
      [ANNE, "1.0"],
      [NEW, "1.0"],
    ]);
    expect(transfers.sendAsset(anne, send({ destination: NEW, destinationDex: "", amount: "899" }), "0x1")).toBeNull();
  });

  test("an agent sends to the family only", () => {
    const { transfers, anne, admin } = setup();
    const { signatureChainId: _, hyperliquidChain: __, ...rest } = send({ destination: BEN, destinationDex: "" });
    const action = { ...rest, type: "agentSendAsset" as const };
    const refusal = "Agent can only send asset to same user or their sub-accounts.";
    expect(transfers.sendAsset(anne, action, "0x1")).toBe(refusal);
    anne.volumeUsd = 100_000_000_000;
    admin.createSubAccount(anne, { type: "createSubAccount", name: "one" });
    expect(transfers.sendAsset(anne, { ...action, destination: SUB }, "0x1")).toBeNull();
  });
});

describe("other ways", () => {
  test("to spot and back, with a sub-account's name in the amount", () => {
    const { transfers, admin, anne, accounts } = setup();
    const move = (amount: string, toPerp: boolean): string | null =>
      transfers.usdClassTransfer(
        anne,
        { type: "usdClassTransfer", signatureChainId: "0x1", hyperliquidChain: "Mainnet", amount, toPerp, nonce: 1 },
        "0x1",
      );
    expect(move("250.5", false)).toBeNull();
    expect([anne.dex(0).cashUsd, anne.spot.get(0)]).toEqual([749_500_000, 25_050_000_000]);
    expect(move("300", true)).toBe("Insufficient balance for token transfer");
    expect(move("0.5", true)).toBeNull();
    expect([anne.dex(0).cashUsd, anne.spot.get(0)]).toEqual([750_000_000, 25_000_000_000]);
    anne.volumeUsd = 100_000_000_000;
    admin.createSubAccount(anne, { type: "createSubAccount", name: "one" });
    const give = { type: "subAccountTransfer" as const, subAccountUser: SUB, isDeposit: true, usd: 10_000_000 };
    expect(transfers.subAccountTransfer(anne, give, "0x1")).toBeNull();
    expect(move(`4 subaccount:${SUB}`, false)).toBeNull();
    expect([accounts.get(SUB)?.dex(0).cashUsd, accounts.get(SUB)?.spot.get(0)]).toEqual([6_000_000, 400_000_000]);
    const stranger = { ...give, subAccountUser: NEW };
    expect(
      [stranger, { ...stranger, isDeposit: false }].map((t) => transfers.subAccountTransfer(anne, t, "0x1")),
    ).toEqual([
      `Invalid sub-account transfer from ${anne.address} to ${NEW}`,
      `Invalid sub-account transfer from ${NEW} to ${anne.address}`,
    ]);
    expect(transfers.subAccountTransfer(anne, { ...give, isDeposit: false, usd: 6_000_001 }, "0x1")).toBe(
      "Insufficient balance for token transfer",
    );
  });

  test("a withdrawal costs a dollar, and the venue counts what left it", () => {
    const { transfers, anne, kept, ledger } = setup();
    const take = (amount: string): string | null =>
      transfers.withdraw(
        anne,
        { type: "withdraw3", signatureChainId: "0x1", hyperliquidChain: "Mainnet", destination: ANNE, amount, time: 7 },
        "0x1",
      );
    expect(take("1000.01")).toBe("Insufficient balance for withdrawal");
    expect(take("1")).toBe("Insufficient balance for withdrawal");
    expect(take("600")).toBeNull();
    expect([anne.dex(0).cashUsd, kept.get(0)]).toEqual([400_000_000, 60_000_000_000]);
    expect(ledger[0]?.delta).toEqual({ type: "withdraw", usdc: "599.0", nonce: 7, fee: "1.0" });
  });

  test("requests cost $0.0005 each and count as bought", () => {
    const { admin, anne, ben, kept } = setup();
    expect(admin.reserveRequestWeight(anne, { type: "reserveRequestWeight", weight: 1_000 })).toBeNull();
    expect([anne.dex(0).cashUsd, anne.limiter.reservedCount, kept.get(0)]).toEqual([999_500_000, 1_000, 50_000_000]);
    const gift = { type: "reserveRequestWeight" as const, weight: 10, destination: BEN };
    expect(admin.reserveRequestWeight(anne, gift)).toBeNull();
    expect(ben.limiter.reservedCount).toBe(10);
    expect(admin.reserveRequestWeight(ben, gift)).toBe("Insufficient balance for token transfer");
  });

  test("no random series of transfers makes or loses money", () => {
    const places = ["", "xyz", "spot"];
    const step = fc.tuple(fc.nat(2), fc.nat(2), fc.nat(3), fc.integer({ min: 1, max: 400_000_000 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { transfers, anne, accounts, kept } = setup();
        for (const [from, to, who, amount] of steps) {
          const destination = [ANNE, BEN, NEW, SUB][who] as string;
          const action = send({
            destination,
            sourceDex: places[from] as string,
            destinationDex: places[to] as string,
            amount: String(amount / 1e6),
          });
          transfers.sendAsset(accounts.get(who % 2 === 0 ? ANNE : BEN) ?? anne, action, "0x1");
        }
        let units = kept.get(0) ?? 0;
        for (const account of accounts.values()) {
          units += account.spot.get(0) ?? 0;
          for (const d of account.dexs) units += d.cashUsd * 100;
          if ((account.spot.get(0) ?? 0) < 0 || account.dexs.some((d) => d.cashUsd < 0)) return false;
        }
        return units === 100_000_000_000;
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});

describe("administration", () => {
  test("a dead man's switch needs a million in volume and five seconds", () => {
    const { admin, anne, host } = setup();
    anne.volumeUsd = 373_472_050;
    expect(admin.scheduleCancel(anne, { type: "scheduleCancel", time: host.nowMs + 9_000 })).toBe(
      "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $373.47205.",
    );
    anne.volumeUsd = 1_000_000_000_000;
    expect(admin.scheduleCancel(anne, { type: "scheduleCancel", time: host.nowMs + 4_999 })).not.toBeNull();
    expect(anne.scheduledCancelMs).toBe(0);
    expect(admin.scheduleCancel(anne, { type: "scheduleCancel", time: host.nowMs + 5_000 })).toBeNull();
    expect(anne.scheduledCancelMs).toBe(host.nowMs + 5_000);
    expect(admin.scheduleCancel(anne, { type: "scheduleCancel" })).toBeNull();
    expect(anne.scheduledCancelMs).toBe(0);
  });

  test("it fires once, and ten times a UTC day", () => {
    const { admin, anne, host } = setup();
    anne.volumeUsd = 1_000_000_000_000;
    const fire = (): boolean => {
      anne.scheduledCancelMs = host.nowMs;
      return admin.takeScheduledCancel(anne);
    };
    anne.scheduledCancelMs = host.nowMs + 1;
    expect(admin.takeScheduledCancel(anne)).toBe(false);
    for (let i = 0; i < 10; i++) expect(fire()).toBe(true);
    expect(admin.takeScheduledCancel(anne)).toBe(false);
    expect(fire()).toBe(false);
    expect(admin.scheduleCancel(anne, { type: "scheduleCancel", time: host.nowMs + 9_000 })).not.toBeNull();
    host.nowMs += 86_400_000;
    expect(admin.scheduleCancel(anne, { type: "scheduleCancel", time: host.nowMs + 9_000 })).toBeNull();
    expect(fire()).toBe(true);
  });

  test("builders, referrals, sub-accounts, modes", () => {
    const { admin, anne } = setup();
    const approve = (builder: string, maxFeeRate: string): string | null =>
      admin.approveBuilderFee(anne, {
        type: "approveBuilderFee",
        signatureChainId: "0x1",
        hyperliquidChain: "Mainnet",
        maxFeeRate,
        builder,
        nonce: 1,
      });
    expect(approve(BEN, "0.01%")).toBeNull();
    expect(anne.builders.get(BEN)).toBe(10);
    expect(approve(BEN, "0%")).toBeNull();
    expect(approve(BEN, "0.2%")).toBe("Builder fee is too high.");
    for (let i = 0; i < 10; i++) expect(approve(`0x${String(i).padStart(40, "0")}`, "0.1%")).toBeNull();
    expect(approve(NEW, "0.1%")).toBe("Too many approved builders.");
    expect(admin.setReferrer(anne, { type: "setReferrer", code: "CCXT1" })).toBe("Referral code not registered");
    expect(admin.setReferrer(anne, { type: "setReferrer", code: "FRIEND" })).toBeNull();
    expect(anne.referralDiscount).toBe("0.04");
    expect(admin.createSubAccount(anne, { type: "createSubAccount", name: "one" })).toEqual({
      status: "err",
      response: "Cannot create sub-accounts until enough volume traded. Required: $100000. Traded: $0.",
    });
    anne.volumeUsd = 100_000_000_000;
    expect(admin.createSubAccount(anne, { type: "createSubAccount", name: "one" })).toEqual({
      status: "ok",
      response: { type: "createSubAccount", data: SUB },
    });
    expect(admin.setAbstraction("unifiedAccount")).toBe("Abstraction transition not allowed");
    expect(admin.setAbstraction("i")).toBeNull();
  });
});
