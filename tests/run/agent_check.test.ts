import { describe, expect, test } from "bun:test";
import { DrivenClock } from "../../src/io/clock.ts";
import { type Agent, AgentError, agentText, checkAgent, expiringText } from "../../src/run/agent_check.ts";
import { resolveVenue } from "../../src/venue/hyperliquid/address.ts";
import { InfoClient } from "../../src/venue/hyperliquid/info.ts";
import type { Action } from "../../src/wire/hyperliquid/action.ts";
import { Desk, key, ONE, T0, TWO } from "../fixtures/exchange.ts";
import { FakeNet, json } from "../fixtures/net.ts";

const DAY_MS = 86_400_000;
const THREE = "0x3333333333333333333333333333333333333333";

/** A client whose questions are answered by what is given, by type and address. */
function infoOf(answer: (request: { type: string; user?: string }) => unknown): InfoClient {
  const clock = new DrivenClock(T0 * 1_000);
  const net = new FakeNet();
  net.answer = (request) => json(answer(request) as object);
  return new InfoClient(clock, net, resolveVenue("testnet"));
}

interface Told {
  roles: { [address: string]: object };
  agents?: { [address: string]: object[] };
}
const venueOf = ({ roles, agents }: Told): InfoClient =>
  infoOf(({ type, user }) =>
    type === "userRole" ? (roles[user as string] ?? { role: "missing" }) : (agents?.[user as string] ?? []),
  );

interface Asked {
  account?: string | null;
  allowMaster?: boolean;
}
const check = (told: Told, { account = null, allowMaster = false }: Asked = {}): Promise<Agent> =>
  checkAgent(venueOf(told), { signer: TWO, account, allowMaster, nowMs: T0 });
const refusal = async (told: Told, asked: Asked = {}): Promise<string> => {
  const error = await check(told, asked).then(
    () => null,
    (e) => e,
  );
  if (!(error instanceof AgentError)) return "taken";
  expect(error.exitCode).toBe(4);
  return `${error.problem}: ${error.message}`;
};

const agent = { role: "agent", data: { user: ONE } };
const bot = (validUntil: number | null): { [address: string]: object[] } => ({
  [ONE]: [{ name: "bot", address: TWO, validUntil }],
});

describe("a key that may sign", () => {
  test("an agent's: whose, its name and its end", async () => {
    const told = { roles: { [TWO]: agent }, agents: bot(T0 + 90 * DAY_MS) };
    const expected = { account: ONE, agentName: "bot", validUntilMs: T0 + 90 * DAY_MS, isMaster: false, warning: null };
    expect(await check(told)).toEqual(expected);
    expect(await check(told, { account: ONE })).toEqual(expected);
    expect(await check(told, { account: ONE.toUpperCase().replace("0X", "0x") })).toEqual(expected);
    expect(agentText(expected, T0)).toBe(`approved agent "bot" of ${ONE}, expires in 90 days (2026-12-20 14:13:20Z)`);
  });

  test("the unnamed one: the venue does not say until when", async () => {
    const got = await check({
      roles: { [TWO]: agent },
      agents: { [ONE]: [{ name: "other", address: THREE, validUntil: 1 }] },
    });
    expect(got).toEqual({ account: ONE, agentName: null, validUntilMs: null, isMaster: false, warning: null });
    expect(agentText(got, T0)).toBe(`the unnamed agent of ${ONE}, until when the venue does not say`);
  });

  test("one without an end", async () => {
    expect(await check({ roles: { [TWO]: agent }, agents: bot(null) })).toMatchObject({
      agentName: "bot",
      validUntilMs: null,
    });
  });

  test.each([
    [14 * DAY_MS, null],
    [14 * DAY_MS - 1, "expires in 13 days"],
    [2 * DAY_MS - 1, "expires in 47 hours"],
    [1, "expires in 0 hours"],
  ])("with %d ms left it warns: %p", async (leftMs, words) => {
    const { warning } = await check({ roles: { [TWO]: agent }, agents: bot(T0 + leftMs) });
    if (words === null) expect(warning).toBeNull();
    else expect(warning).toContain(words);
  });

  test("the account's own, where that is allowed, with a warning", async () => {
    const own = { roles: { [TWO]: { role: "user" } } };
    for (const account of [null, TWO]) {
      const got = await check(own, { account, allowMaster: true });
      expect(got).toMatchObject({ account: TWO, isMaster: true, agentName: null, validUntilMs: null });
      expect(got.warning).toContain("whoever gets it has the money");
    }
  });
});

describe("a key that must not", () => {
  const sub = { role: "subAccount", data: { master: ONE } };
  test.each([
    ["nobody's", { roles: {} }, {}, `unknown: the venue does not know ${TWO}: never approved here`],
    ["nobody's, for an account", { roles: {} }, { account: ONE }, `never approved for ${ONE} here`],
    [
      "the account's own",
      { roles: { [TWO]: { role: "user" } } },
      {},
      `master: this is the key of the account ${TWO} itself`,
    ],
    [
      "another account's own",
      { roles: { [TWO]: { role: "user" } } },
      { account: ONE },
      `other_account: ${TWO} is an account of its own`,
    ],
    [
      "another account's own, though masters are allowed",
      { roles: { [TWO]: { role: "user" } } },
      { account: ONE, allowMaster: true },
      "other_account: ",
    ],
    [
      "an agent of another",
      { roles: { [TWO]: agent } },
      { account: THREE },
      `${TWO} is an agent of ${ONE}, not of ${THREE}`,
    ],
    [
      "an agent, for a sub-account",
      { roles: { [TWO]: agent, [THREE]: sub } },
      { account: THREE },
      `whose sub-account ${THREE} is`,
    ],
    [
      "one that ended",
      { roles: { [TWO]: agent }, agents: bot(T0) },
      {},
      `expired: agent ${TWO} of ${ONE} expired at 2026-09-21`,
    ],
    ["one that ended and is forgotten", { roles: {}, agents: bot(T0 - 1) }, { account: ONE }, "expired: agent"],
    ["a sub-account", { roles: { [TWO]: sub } }, {}, `no_signer: ${TWO} is a subAccount`],
    ["a vault", { roles: { [TWO]: { role: "vault" } } }, {}, "no_signer: "],
    [
      "of a role that is not known",
      { roles: { [TWO]: { role: "robot" } } },
      {},
      "unreadable: the venue's answer to userRole",
    ],
    ["of agents that are no list", { roles: { [TWO]: agent }, agents: { [ONE]: {} as object[] } }, {}, "unreadable: "],
  ] as [string, Told, Asked, string][])("%s", async (_, told, asked, words) => {
    expect(await refusal(told, asked)).toContain(words);
  });
});

describe("at the local exchange", () => {
  const desk = new Desk();
  desk.fund("1");
  const info = infoOf((question) => desk.info(question));
  const ask = (asked: Asked = {}, nowMs = T0): Promise<Agent> =>
    checkAgent(info, { signer: TWO, account: null, allowMaster: false, ...asked, nowMs });

  test("a key is unknown until the account approves it, an agent while it is good, and unknown after", async () => {
    await expect(ask({ account: ONE })).rejects.toThrow("does not know");
    const nonce = desk.nextNonce();
    const until = desk.bench.venue.nowMs + 60_000;
    const approve = { type: "approveAgent", agentAddress: TWO, agentName: `bot valid_until ${until}`, nonce };
    const signed = { signatureChainId: "0x66eee", hyperliquidChain: "Mainnet", ...approve } as Action;
    expect(desk.act(key("1"), signed, { nonce })).toMatchObject({ status: "ok" });
    expect(await ask({ account: ONE })).toMatchObject({ account: ONE, agentName: "bot", validUntilMs: until });
    await expect(ask({ account: THREE })).rejects.toThrow(`not of ${THREE}`);
    while (desk.bench.venue.nowMs <= until) desk.bench.venue.step();
    await expect(ask()).rejects.toThrow("does not know");
  });

  test("the account's own key is told", async () => {
    await expect(checkAgent(info, { signer: ONE, account: ONE, allowMaster: false, nowMs: T0 })).rejects.toThrow(
      "--allow-master-key",
    );
  });
});

test("a run ends while its agent can still cancel", () => {
  const agent = { account: ONE, agentName: "maker", validUntilMs: T0, isMaster: false, warning: null };
  expect(expiringText(agent, T0 - 301_000)).toBe("");
  expect(expiringText(agent, T0 - 299_000)).toStartWith("agent maker expires at ");
  expect(expiringText({ ...agent, validUntilMs: null }, T0)).toBe("");
});
