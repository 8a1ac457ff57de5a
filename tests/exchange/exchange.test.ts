import { describe, expect, test } from "bun:test";
import type { HttpReply } from "../../src/exchange/wire.ts";
import type { Action } from "../../src/wire/hyperliquid/action.ts";
import { trimSignature, type WireSignature } from "../../src/wire/hyperliquid/sign.ts";
import { Desk, key, ONE, TWO } from "../fixtures/exchange.ts";
import { limit, orderAction } from "../fixtures/venue.ts";

const UNREADABLE = "422 Failed to deserialize the JSON body into the target type";
const OK = { status: "ok", response: { type: "default" } } as const;
const err = (response: string): object => ({ status: "err", response });
const buy = orderAction(limit(0, "buy", "1", "20"));

const user = (desk: Desk, action: object): Action => {
  const nonce = desk.nextNonce();
  return { signatureChainId: "0x66eee", hyperliquidChain: "Mainnet", ...action, nonce } as unknown as Action;
};
const nonceOf = (action: Action): number => (action as { nonce: number }).nonce;

describe("what cannot be read", () => {
  test.each(["", "{", "null", "[]", "{}", '{"action":{"type":"nope"}}', '{"action":{"type":"order"},"nonce":1}'])(
    "%s is 422, plain text",
    (body) => {
      expect(new Desk().post("/exchange", body)).toEqual({
        status: 422,
        contentType: "text/plain",
        text: UNREADABLE.slice(4),
      });
    },
  );

  test("other paths are not there", () => {
    expect(new Desk().post("/", "{}")?.status).toBe(404);
  });
});

describe("an action", () => {
  test("is answered in its block, as JSON", () => {
    const desk = new Desk();
    desk.fund("1");
    let answer: HttpReply | null = null;
    desk.exchange.post("/exchange", JSON.stringify(desk.envelope(key("1"), buy)), (reply) => {
      answer = reply;
    });
    expect(answer).toBeNull();
    desk.bench.venue.step();
    expect(answer as unknown).toEqual({
      status: 200,
      contentType: "application/json",
      text: '{"status":"ok","response":{"type":"order","data":{"statuses":[{"resting":{"oid":566000000001}}]}}}',
    });
  });

  test.each([
    ["null vault and expiry", { vaultAddress: null, expiresAfter: null }],
    [
      "the account's own address as vault, bare and in mixed case",
      { vaultAddress: ONE.slice(2).toUpperCase(), signedVault: ONE },
    ],
    ["an expiry to come", { expiresAfter: 1_790_000_060_000 }],
  ])("passes with %s", (_, around) => {
    const desk = new Desk();
    desk.fund("1");
    expect(desk.act(key("1"), buy, around).status).toBe("ok");
  });

  test("passes with r and s without leading zeros", () => {
    const desk = new Desk();
    desk.fund("1");
    // Some signature begins with a zero among enough of them.
    for (let i = 0; i < 64; i++) {
      const envelope = desk.envelope(key("1"), { type: "noop" }) as { signature: WireSignature };
      const trimmed = trimSignature(envelope.signature);
      if (trimmed.r.length === 66 && trimmed.s.length === 66) continue;
      let answer: HttpReply | null = null;
      desk.exchange.post("/exchange", JSON.stringify({ ...envelope, signature: trimmed }), (reply) => {
        answer = reply;
      });
      desk.bench.venue.step();
      expect((answer as unknown as HttpReply).text).toBe(JSON.stringify(OK));
      return;
    }
    throw new Error("no signature with a leading zero");
  });

  test("of an unknown key names the recovered address", () => {
    const desk = new Desk();
    desk.fund("1");
    expect(desk.act(key("2"), buy) as object).toEqual(err(`User or API Wallet ${TWO} does not exist.`));
  });

  test("changed after signing recovers somebody else", () => {
    const desk = new Desk();
    desk.fund("1");
    const envelope = desk.envelope(key("1"), buy) as { action: object };
    const changed = { ...envelope, action: orderAction(limit(0, "buy", "2", "20")) };
    let answer: HttpReply | null = null;
    desk.exchange.post("/exchange", JSON.stringify(changed), (reply) => {
      answer = reply;
    });
    desk.bench.venue.step();
    const text = (answer as unknown as HttpReply).text;
    expect(text).toMatch(/User or API Wallet 0x[0-9a-f]{40} does not exist\./);
    expect(text).not.toContain(ONE);
  });

  test("that nobody can have signed", () => {
    const desk = new Desk();
    const signature = { r: "0x0", s: "0x0", v: 27 };
    const reply = desk.post("/exchange", { ...desk.envelope(key("1"), buy), signature });
    expect(JSON.parse(reply?.text ?? "")).toEqual(err("Unable to recover signer"));
  });

  test("twice is a duplicate nonce, although its signature is known by then", () => {
    const desk = new Desk();
    desk.fund("1");
    const nonce = desk.nextNonce();
    expect(desk.act(key("1"), { type: "noop" }, { nonce }) as object).toEqual(OK);
    expect(desk.act(key("1"), { type: "noop" }, { nonce }) as object).toEqual(
      err(`Invalid nonce: duplicate nonce ${nonce}`),
    );
  });

  test("that has expired", () => {
    const desk = new Desk();
    desk.fund("1");
    expect(desk.act(key("1"), buy, { expiresAfter: 1_789_999_999_999 }) as object).toEqual(
      err("Action already expired"),
    );
  });

  test("of more than two hundred items", () => {
    const desk = new Desk();
    desk.fund("1");
    const many = orderAction(...Array.from({ length: 201 }, () => limit(0, "buy", "1", "20")));
    expect(desk.act(key("1"), many) as object).toEqual(err("Signed action over weight limit of 200."));
  });

  test("signed for the other network is a stranger's", () => {
    const desk = new Desk({ chain: "Testnet" });
    const mainnet = new Desk();
    desk.fund("1");
    const reply: string[] = [];
    desk.exchange.post("/exchange", JSON.stringify(mainnet.envelope(key("1"), buy)), (r) => reply.push(r.text));
    desk.bench.venue.step();
    expect(reply[0]).toContain("does not exist.");
    expect(desk.act(key("1"), buy).status).toBe("ok");
  });
});

describe("a vault in the envelope", () => {
  const withSub = (): { desk: Desk; sub: string } => {
    const desk = new Desk();
    desk.fund("1");
    const master = desk.bench.venue.accountOf(ONE);
    const sub = desk.bench.venue.addSubAccount(master, "sub");
    desk.bench.venue.fund(sub.address, 0, 1_000_000_000);
    return { desk, sub: sub.address };
  };

  test("is traded for, and hashed, by orders", () => {
    const { desk, sub } = withSub();
    expect(desk.act(key("1"), buy, { vaultAddress: sub }).status).toBe("ok");
    expect((desk.info({ type: "openOrders", user: sub }) as unknown[]).length).toBe(1);
    expect((desk.info({ type: "openOrders", user: ONE }) as unknown[]).length).toBe(0);
  });

  test("that is not there", () => {
    const { desk } = withSub();
    expect(desk.act(key("1"), buy, { vaultAddress: TWO }) as object).toEqual(err(`Vault not registered: ${TWO}`));
  });

  test.each([
    ["without", null],
    ["with", undefined],
  ])("says nothing for an action that takes none, signed %s it", (_, signedVault) => {
    const { desk, sub } = withSub();
    const action: Action = { type: "subAccountTransfer", subAccountUser: sub, isDeposit: true, usd: 5_000_000 };
    const around = { vaultAddress: sub, ...(signedVault === null && { signedVault }) };
    expect(desk.act(key("1"), action, around) as object).toEqual(OK);
  });
});

describe("actions that users sign", () => {
  test("an agent is approved on any chain id and trades from then on", () => {
    const desk = new Desk();
    desk.fund("1");
    const approve = user(desk, { type: "approveAgent", agentAddress: TWO, signatureChainId: "0x1" });
    expect(desk.act(key("1"), approve, { nonce: nonceOf(approve) }) as object).toEqual(OK);
    expect(desk.act(key("2"), buy).status).toBe("ok");
    expect(desk.info({ type: "userRole", user: TWO })).toEqual({ role: "agent", data: { user: ONE } });
  });

  test("what ccxt asks before its first order is answered", () => {
    const desk = new Desk();
    desk.fund("1");
    expect(desk.act(key("1"), { type: "setReferrer", code: "CCXT1" }) as object).toEqual(
      err("Referral code not registered"),
    );
    const builder = "0x6530512a6c89c7cfcebc3ba7fcd9ada5f30827a6";
    const approve = user(desk, { type: "approveBuilderFee", maxFeeRate: "0.01%", builder });
    expect(desk.act(key("1"), approve, { nonce: nonceOf(approve) }) as object).toEqual(OK);
    expect(desk.info({ type: "maxBuilderFee", user: ONE, builder })).toBe(10);
    expect(desk.info({ type: "approvedBuilders", user: ONE })).toEqual([builder]);
    const withBuilder: Action = { ...buy, builder: { b: builder, f: 10 } } as Action;
    expect(desk.act(key("1"), withBuilder).status).toBe("ok");
  });

  test("the nonce outside is the one inside, and the network is the venue's", () => {
    const desk = new Desk();
    desk.fund("1");
    const approve = user(desk, { type: "approveAgent", agentAddress: TWO });
    const nonce = nonceOf(approve);
    expect(desk.act(key("1"), approve, { nonce: nonce + 1 }) as object).toEqual(
      err(`Invalid nonce: ${nonce + 1} is not the action's ${nonce}`),
    );
    const testnet = user(desk, { type: "approveAgent", agentAddress: TWO, hyperliquidChain: "Testnet" });
    expect(desk.act(key("1"), testnet, { nonce: nonceOf(testnet) }) as object).toEqual(
      err("Invalid hyperliquidChain: expected Mainnet."),
    );
  });

  test("an account that never had a deposit must make one", () => {
    const desk = new Desk();
    const approve = user(desk, { type: "approveAgent", agentAddress: TWO });
    expect(desk.act(key("1"), approve, { nonce: nonceOf(approve) }) as object).toEqual(
      err(`Must deposit before performing actions. User: ${ONE}`),
    );
  });
});
