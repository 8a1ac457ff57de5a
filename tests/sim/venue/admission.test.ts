import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LIMITER_RULES } from "../../../src/sim/limits.ts";
import { VenueAccount } from "../../../src/sim/venue/account.ts";
import { Admission, type SignedRequest } from "../../../src/sim/venue/admission.ts";
import { AgentBook } from "../../../src/sim/venue/agents.ts";
import { blockClassOf, Mempool } from "../../../src/sim/venue/mempool.ts";
import { NonceSet } from "../../../src/sim/venue/nonces.ts";
import { VENUE_RULES } from "../../../src/sim/venue/spec.ts";
import type { Action, WireOrder } from "../../../src/wire/hyperliquid/action.ts";

const NOW_MS = 1_790_000_000_000;
const NOW_US = NOW_MS * 1000;
const DAY_MS = 86_400_000;
const address = (digit: string): string => `0x${digit.repeat(40)}`;
const [MASTER, AGENT, SUB, OTHER, STRANGER] = ["a", "b", "c", "d", "e"].map(address) as [
  string,
  string,
  string,
  string,
  string,
];

describe("nonces", () => {
  test.each([
    ["now", NOW_MS, null],
    ["just within two days", NOW_MS - 2 * DAY_MS + 1, null],
    [
      "two days old",
      NOW_MS - 2 * DAY_MS,
      `Invalid nonce: nonce too low ${NOW_MS - 2 * DAY_MS} < ${NOW_MS - 2 * DAY_MS}`,
    ],
    ["just within a day ahead", NOW_MS + DAY_MS - 1, null],
    ["a day ahead", NOW_MS + DAY_MS, `Invalid nonce: nonce too high ${NOW_MS + DAY_MS} > ${NOW_MS + DAY_MS}`],
  ])("%s", (_, nonce, expected) => {
    expect(new NonceSet().take(nonce, NOW_US)).toBe(expected);
  });

  test("any order is fine until a hundred are stored, then nothing below the lowest", () => {
    const nonces = new NonceSet();
    for (let i = 100; i > 0; i--) expect(nonces.take(NOW_MS + 2 * i, NOW_US)).toBeNull();
    expect(nonces.take(NOW_MS + 1, NOW_US)).toBe(`Invalid nonce: nonce too low ${NOW_MS + 1} < ${NOW_MS + 2}`);
    // Between two of them it is new: the lowest falls out.
    expect(nonces.take(NOW_MS + 5, NOW_US)).toBeNull();
    expect(nonces.take(NOW_MS + 3, NOW_US)).toBe(`Invalid nonce: nonce too low ${NOW_MS + 3} < ${NOW_MS + 4}`);
  });

  test("none passes twice", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 600 }), (offsets) => {
        const nonces = new NonceSet();
        const passed = new Set<number>();
        for (const offset of offsets) {
          const taken = nonces.take(NOW_MS + offset, NOW_US) === null;
          if (passed.has(offset) && taken) return false;
          if (taken) passed.add(offset);
        }
        return true;
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});

describe("blocks", () => {
  const order = (t: WireOrder["t"]): WireOrder => ({ a: 0, b: true, p: "1", s: "1", r: false, t });
  const limit = (tif: "Gtc" | "Ioc" | "Alo" | "FrontendMarket"): WireOrder => order({ limit: { tif } });
  const trigger = order({ trigger: { isMarket: true, triggerPx: "1", tpsl: "sl" } });
  test.each([
    ["post-only", { type: "order", orders: [limit("Alo"), limit("Alo")], grouping: "na" }, 0],
    ["one GTC among post-only", { type: "order", orders: [limit("Alo"), limit("Gtc")], grouping: "na" }, 2],
    ["IOC", { type: "order", orders: [limit("Ioc")], grouping: "na" }, 2],
    ["a market order of the frontend", { type: "order", orders: [limit("FrontendMarket")], grouping: "na" }, 2],
    ["a stop", { type: "order", orders: [trigger], grouping: "na" }, 0],
    ["cancel", { type: "cancel", cancels: [] }, 1],
    ["cancel by client id", { type: "cancelByCloid", cancels: [] }, 1],
    ["modify to post-only", { type: "modify", oid: 1, order: limit("Alo") }, 0],
    ["modify to GTC", { type: "modify", oid: 1, order: limit("Gtc") }, 2],
    ["batch of modifies", { type: "batchModify", modifies: [{ oid: 1, order: limit("Ioc") }] }, 2],
    ["leverage", { type: "updateLeverage", asset: 0, isCross: true, leverage: 3 }, 0],
  ] as [string, Action, number][])("%s", (_, action, expected) => {
    expect<number>(blockClassOf(action)).toBe(expected);
  });

  test("classes go in order, and each in order of arrival; what waits longer comes later", () => {
    const pool = new Mempool<string>();
    pool.add("take 1", 2, 1);
    pool.add("cancel 1", 1, 1);
    pool.add("late take", 2, 2);
    pool.add("post 1", 0, 1);
    pool.add("cancel 2", 1, 1);
    pool.add("post 2", 0, 1);
    expect(pool.take(1)).toEqual(["post 1", "post 2", "cancel 1", "cancel 2", "take 1"]);
    expect(pool.count).toBe(1);
    expect(pool.take(2)).toEqual(["late take"]);
    expect(pool.count).toBe(0);
  });
});

const account = (at: string, master?: VenueAccount): VenueAccount => {
  const made = new VenueAccount({ address: at, dexCount: 1, rules: LIMITER_RULES, ...(master && { master }) });
  made.exists = true;
  master?.subAccounts.push(made);
  return made;
};

describe("agents", () => {
  const setup = () => {
    const gone: string[] = [];
    return { gone, book: new AgentBook((a) => gone.push(a)), master: account(MASTER), other: account(OTHER) };
  };
  const agentAt = (n: number): string => `0x${n.toString(16).padStart(40, "0")}`;

  test("an unnamed agent signs for 90 days", () => {
    const { book, master, gone } = setup();
    expect(book.approve(master, AGENT, "", NOW_MS, false)).toBeNull();
    expect(book.ownerOf(AGENT, NOW_MS + 90 * DAY_MS - 1)).toBe(master);
    expect(book.ownerOf(AGENT, NOW_MS + 90 * DAY_MS)).toBeNull();
    expect(gone).toEqual([AGENT]);
  });

  test("a named one as long as it says, at most 180 days", () => {
    const { book, master } = setup();
    const until = NOW_MS + DAY_MS;
    expect(book.approve(master, AGENT, `bot valid_until ${until}`, NOW_MS, false)).toBeNull();
    expect(master.agents.get("bot")?.validUntilMs).toBe(until);
    for (const [until, ok] of [
      [NOW_MS, false],
      [NOW_MS + 1, true],
      [NOW_MS + 180 * DAY_MS, true],
      [NOW_MS + 180 * DAY_MS + 1, false],
    ] as const)
      expect(book.approve(master, agentAt(9), `far valid_until ${until}`, NOW_MS, false)).toBe(
        ok ? null : "Agent valid_until already expired.",
      );
  });

  test("the same name replaces, the zero address removes", () => {
    const { book, master, gone } = setup();
    book.approve(master, AGENT, "bot", NOW_MS, false);
    book.approve(master, agentAt(2), "bot", NOW_MS, false);
    expect(book.ownerOf(AGENT, NOW_MS)).toBeNull();
    expect(book.ownerOf(agentAt(2), NOW_MS)).toBe(master);
    book.approve(master, agentAt(0), "bot", NOW_MS, false);
    expect(book.ownerOf(agentAt(2), NOW_MS)).toBeNull();
    expect(gone).toEqual([AGENT, agentAt(2)]);
  });

  test("nobody else's agent, and no user", () => {
    const { book, master, other } = setup();
    book.approve(master, AGENT, "", NOW_MS, false);
    expect(book.approve(other, AGENT, "", NOW_MS, false)).toBe("Extra agent already used.");
    expect(book.approve(master, AGENT, "again", NOW_MS, false)).toBe("Extra agent already used.");
    expect(book.approve(master, AGENT, "", NOW_MS, false)).toBeNull();
    expect(book.approve(master, agentAt(3), "x", NOW_MS, true)).toBe("Extra agent already used.");
  });

  test("three named ones, two more for each sub-account", () => {
    const { book, master } = setup();
    for (let i = 1; i <= 3; i++) expect(book.approve(master, agentAt(i), `n${i}`, NOW_MS, false)).toBeNull();
    const refusal = "Too many extra agents for cumulative volume traded. Current limit is 3";
    expect(book.approve(master, agentAt(4), "n4", NOW_MS, false)).toBe(refusal);
    expect(book.approve(master, agentAt(5), "", NOW_MS, false)).toBeNull();
    account(SUB, master);
    expect(book.approve(master, agentAt(4), "n4", NOW_MS, false)).toBeNull();
  });
});

describe("admission", () => {
  const setup = () => {
    const accounts = new Map<string, VenueAccount>();
    const master = account(MASTER);
    const sub = account(SUB, master);
    for (const a of [master, sub, account(OTHER)]) accounts.set(a.address, a);
    const admission = new Admission(VENUE_RULES, (a) => accounts.get(a) ?? null);
    admission.agents.approve(master, AGENT, "", NOW_MS, false);
    let nonce = NOW_MS;
    const admit = (over: Partial<SignedRequest>, nowUs = NOW_US): VenueAccount | string => {
      nonce += 1;
      const request = { signer: MASTER, vault: null, nonce, expiresAfterMs: null, action: { type: "noop" } as Action };
      return admission.admit({ ...request, ...over }, nowUs);
    };
    return { admission, master, sub, admit };
  };
  const cancel = (n: number): Action => ({
    type: "cancel",
    cancels: Array.from({ length: n }, () => ({ a: 0, o: 1 })),
  });
  const usdSend: Action = {
    type: "usdSend",
    signatureChainId: "0x1",
    hyperliquidChain: "Mainnet",
    destination: OTHER,
    amount: "1",
    time: NOW_MS,
  };

  test.each([
    ["the account itself", {}, MASTER],
    ["its agent", { signer: AGENT }, MASTER],
    ["its agent for its sub-account", { signer: AGENT, vault: SUB, action: cancel(1) }, SUB],
    ["the sub-account where the action takes none", { vault: SUB }, MASTER],
    ["its own address as vault", { vault: MASTER, action: cancel(1) }, MASTER],
    ["a stranger", { signer: STRANGER }, `User or API Wallet ${STRANGER} does not exist.`],
    ["a sub-account's address as signer", { signer: SUB }, `User or API Wallet ${SUB} does not exist.`],
    ["a vault that is none", { vault: STRANGER, action: cancel(1) }, `Vault not registered: ${STRANGER}`],
    ["somebody else's account as vault", { vault: OTHER, action: cancel(1) }, `Vault not registered: ${OTHER}`],
    [
      "somebody else's sub-account",
      { signer: OTHER, vault: SUB, action: cancel(1) },
      `Sub-account ${SUB} is not registered to ${OTHER}`,
    ],
    [
      "an agent that sends money",
      { signer: AGENT, action: usdSend },
      `Must deposit before performing actions. User: ${AGENT}`,
    ],
    ["201 items", { action: cancel(201) }, "Signed action over weight limit of 200."],
    ["200 items", { action: cancel(200) }, MASTER],
  ] as [string, Partial<SignedRequest>, string][])("%s", (_, over, expected) => {
    const answer = setup().admit(over);
    expect(typeof answer === "string" ? answer : answer.address).toBe(expected);
  });

  test("a nonce is a signer's, not an account's", () => {
    const { admit } = setup();
    expect(typeof admit({ nonce: NOW_MS + 500 })).toBe("object");
    expect(typeof admit({ nonce: NOW_MS + 500, signer: AGENT })).toBe("object");
    expect(admit({ nonce: NOW_MS + 500 })).toBe(`Invalid nonce: duplicate nonce ${NOW_MS + 500}`);
  });

  test("a revoked agent's nonces are forgotten", () => {
    const { admit, admission, master } = setup();
    admit({ nonce: NOW_MS + 500, signer: AGENT });
    admission.agents.approve(master, address("0"), "", NOW_MS, false);
    expect(admit({ signer: AGENT })).toBe(`User or API Wallet ${AGENT} does not exist.`);
    admission.agents.approve(master, AGENT, "", NOW_MS, false);
    expect(typeof admit({ nonce: NOW_MS + 500, signer: AGENT })).toBe("object");
  });

  test("requests are counted by items, for the account acted for", () => {
    const { admit, master, sub } = setup();
    admit({ action: cancel(7) });
    admit({ action: cancel(0) });
    admit({ vault: SUB, action: cancel(3) });
    expect([master.limiter.usedCount, sub.limiter.usedCount]).toEqual([8, 3]);
  });

  test("what comes too late costs five times as much", () => {
    const { admit, master } = setup();
    expect(admit({ action: cancel(2), expiresAfterMs: NOW_MS - 1 })).toBe("Action already expired");
    expect(master.limiter.usedCount).toBe(10);
    expect(typeof admit({ action: cancel(2), expiresAfterMs: NOW_MS })).toBe("object");
    expect(master.limiter.usedCount).toBe(12);
  });

  test("a spent budget refuses with its numbers and changes nothing", () => {
    const { admit, master } = setup();
    master.limiter.usedCount = 10_000;
    expect(typeof admit({})).toBe("object");
    expect(admit({})).toBe(
      "Too many cumulative requests sent (10001 > 9999) for cumulative volume traded $0.00. Place taker orders to free up 1 request per USDC traded.",
    );
    expect(typeof admit({ action: cancel(1) })).toBe("object");
    expect(master.limiter.usedCount).toBe(10_002);
  });
});
