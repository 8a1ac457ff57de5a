import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { testKeys } from "../../src/exchange/test_keys.ts";
import type { LiveOptions } from "../../src/run/live_request.ts";
import type { Who } from "../../src/run/live_stage.ts";
import type { Report } from "../../src/run/report_schema.ts";
import type { VirtualAccountOptions } from "../../src/run/virtual_account.ts";
import { LiveStage, SECOND } from "../fixtures/live.ts";
import { placeByHand } from "../fixtures/live_hand.ts";

setDefaultTimeout(60_000);
const [STRANGER, LATECOMER] = testKeys(99, 2) as [{ key: string; address: string }, { key: string; address: string }];

interface Case {
  account?: Partial<VirtualAccountOptions>;
  set?: readonly string[];
  options?: Partial<LiveOptions>;
  who?: (stage: LiveStage) => Who;
  offsetUs?: number;
  before?: (stage: LiveStage) => void | Promise<void>;
}

/** What a run of a few seconds comes to: its report, or why it is refused. */
async function tried(given: Case): Promise<{ stage: LiveStage; report: Report | null; refusal: string }> {
  const stage = new LiveStage({ world: "hip3-mirror", seed: 1 }, given.account);
  await given.before?.(stage);
  const { client, program } = stage.process(
    { forSeconds: 5 },
    given.options,
    { offsetUs: given.offsetUs ?? 0 },
    {},
    given.set,
    given.who?.(stage),
  );
  try {
    const report = (await stage.world.runClient(client, program)) as Report | null;
    return { stage, report, refusal: "" };
  } catch (error) {
    const { exitCode, message } = error as Error & { exitCode?: number };
    return { stage, report: null, refusal: `${exitCode}: ${message}` };
  }
}

const approve = ({ world, account }: LiveStage, address: string, agentName: string): void => {
  const { venue } = world;
  const action = {
    type: "approveAgent" as const,
    hyperliquidChain: venue.spec.chain,
    signatureChainId: "0x66eee" as const,
    agentAddress: address,
    agentName,
    nonce: venue.nowMs,
  };
  expect(venue.administration.approveAgent(account.account, action)).toBe(null);
};

describe("real orders are refused, with an exit code and what to do", () => {
  const rows: [name: string, given: Case, refusal: RegExp][] = [
    ["a key that the venue does not know", { who: () => ({ key: STRANGER.key }) }, /^4: the venue does not know 0x/],
    [
      "an agent of another account",
      { who: () => ({ account: STRANGER.address }) },
      /^4: 0x\w+ is an agent of 0x\w+, not of 0x\w+$/,
    ],
    [
      "an agent that has expired",
      {
        who: () => ({ key: LATECOMER.key }),
        before: async (stage) => {
          approve(stage, LATECOMER.address, `short valid_until ${stage.world.venue.nowMs + 60_000}`);
          await stage.world.advance(stage.world.clock.nowUs() + 120 * SECOND);
        },
      },
      /^4: (agent 0x\w+ of 0x\w+ expired at|the venue does not know 0x\w+: never approved for 0x\w+ here, revoked, or expired)/,
    ],
    [
      "the account's own key",
      { who: ({ account }) => ({ key: account.master.key }) },
      /^4: this is the key of the account .* --allow-master-key$/,
    ],
    [
      "a dex without money",
      { account: { fundUsd: 5 } },
      /^3: funds hyna: \$5\.00 in dex hyna, margin for the caps is \$\d+\.\d\d: transfer \$\d+\.\d\d of its collateral there/,
    ],
    [
      "another leverage than the settings say",
      { account: { leverage: 3, isolated: true }, set: ["leverage=5"] },
      /^3: leverage hyna:HYPE: 3x isolated at the venue, 5x in the settings: set it to 5x at the venue, or leverage = 3 here/,
    ],
    [
      "a market that is delisted",
      {
        before: ({ account }) => {
          account.market.delisted = true;
        },
      },
      /^2: .*hyna:HYPE.* delisted/s,
    ],
    [
      "an address without requests",
      { account: { usedCount: 10_000 }, options: { allowThrottled: false } },
      /^9: requests: 0 of 10000 requests left \(0\.0 %\): .*--allow-throttled$/,
    ],
    [
      "a clock that is off by more than a second",
      { offsetUs: 1_500_000 },
      /^7: clock: the venue's clock is 1[67]\d\d ms behind, known to \d+ ms: set this machine's clock$/,
    ],
    [
      "a venue that nobody reaches",
      {
        before: ({ world }) => {
          world.isReachable = false;
        },
      },
      /^5: .*nobody answers there/,
    ],
  ];

  test.each(rows)("%s", async (_name, given, refusal) => {
    const { stage, report, refusal: said } = await tried(given);
    expect(report).toBe(null);
    expect(said).toMatch(refusal);
    // Nothing was asked for.
    expect([stage.account.account.orders.size, stage.world.exchange.actionCount]).toEqual([0, 0]);
  });

  test("what is wrong is told all at once, with the code of the first", async () => {
    const { refusal } = await tried({
      account: { fundUsd: 5, usedCount: 10_000 },
      options: { allowThrottled: false },
    });
    expect(refusal.split("\n").map((line) => line.slice(0, 12))).toEqual(["3: funds hyn", "requests: 0 "]);
  });

  test("a second process of the account, while the first one lives", async () => {
    const stage = new LiveStage({ world: "quiet", seed: 1 });
    const first = stage.process({ forSeconds: 60 });
    first.client.start(() => first.program(stage.world.place(first.client)));
    await stage.world.advance(stage.world.clock.nowUs() + 20 * SECOND);
    const second = stage.process({ forSeconds: 5 });
    const refused = stage.world.runClient(second.client, second.program);
    expect(await refused.catch((e) => [e.exitCode, e.message])).toEqual([
      13,
      expect.stringContaining("mmbin ctl stop"),
    ]);
    await stage.world.advance(stage.world.clock.nowUs() + 90 * SECOND, () => first.client.isOver);
    expect(first.client.result<Report>()?.live?.end.confirmed).toBe(true);
  });
});

describe("what a person allows, or what only needs a word, is told and traded", () => {
  const rows: [name: string, given: Case, note: RegExp][] = [
    [
      "the account's own key",
      { who: ({ account }) => ({ key: account.master.key }), options: { allowMasterKey: true } },
      /^key: .* signs with the account's own key: whoever gets it has the money: approve a new agent$/,
    ],
    ["an address without requests", { account: { usedCount: 10_000 } }, /^requests: 0 of 10000 requests left/],
    [
      "an agent that ends soon",
      {
        who: () => ({ key: LATECOMER.key }),
        before: (stage) =>
          approve(stage, LATECOMER.address, `soon valid_until ${stage.world.venue.nowMs + 86_400_000}`),
      },
      /^key: agent soon of 0x\w+ expires in 2[34] hours: approve 0x\w+ again/,
    ],
    [
      "orders that are there",
      {
        before: async (stage) => {
          const { market } = stage.account;
          const px = Math.floor((0.95 * market.midPx) / 1_000) * 1_000;
          await placeByHand(stage, { market, side: 1, px, lots: Math.ceil(20e6 / px) });
        },
      },
      /^account: no position, 1 order\(s\): those of the markets traded are taken over$/,
    ],
  ];

  test.each(rows)("%s", async (_name, given, note) => {
    const { stage, report, refusal } = await tried(given);
    expect(refusal).toBe("");
    expect(report?.live?.end.confirmed).toBe(true);
    expect(stage.notes.filter((line) => note.test(line))).toHaveLength(1);
    expect(stage.account.account.orders.size).toBe(0);
  });
});
