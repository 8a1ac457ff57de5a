import { expect, test } from "bun:test";
import fc from "fast-check";
import { ACTION, ORDER_STATUS } from "../../src/core/frame.ts";
import * as texts from "../../src/wire/hyperliquid/errors.ts";
import { refusalText } from "../../src/wire/hyperliquid/facts.ts";
import { type Asked, GatewayBench, type HeldRequest } from "../fixtures/gateway.ts";

const SEED = 20_261_125;
const { timed_out } = ORDER_STATUS;
const SECOND = 1_000_000;

/** Every text that the venue has for orders and actions, and some that it has not. */
const text = fc.constantFrom(
  texts.badAloPxText("1", "2", 0),
  texts.tickText(0),
  texts.marginText(0),
  texts.missingOrderText(0),
  texts.haltedText(0),
  texts.CANNOT_MODIFY,
  texts.modifyPlaceText(texts.minNotionalText(0)),
  texts.modifyPlaceText(""),
  texts.ALREADY_EXPIRED,
  texts.OVER_WEIGHT,
  texts.duplicateNonceText(1),
  texts.nonceTooLowText(1, 2),
  texts.unknownSignerText(`0x${"ab".repeat(20)}`),
  refusalText(10_000, 10_000, "0.0"),
  "",
  "The moon is full.",
);
const anything = fc.anything({ withBigInt: false });
const status = fc.oneof(
  text.map((error) => ({ error })),
  fc.nat().map((oid) => ({ resting: { oid } })),
  fc
    .record({ totalSz: fc.constantFrom("1.0", "0.5", "7", "x", "-1", "0.001"), oid: fc.nat() })
    .map((filled) => ({ filled })),
  fc.constantFrom(
    "success",
    "waitingForFill",
    "waitingForTrigger",
    "triggered",
    null,
    5,
    {},
    [],
    { error: 5 },
    { resting: null },
  ),
  anything,
);
/** What the venue might say to an action: mostly of the right shape, with the right number of items or not. */
const answer = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("statuses" as const), statuses: fc.array(status, { maxLength: 5 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("fitting" as const),
      statuses: fc.array(status, { minLength: 5, maxLength: 5 }),
    }),
  },
  { weight: 2, arbitrary: text.map((response) => ({ kind: "whole" as const, payload: { status: "err", response } })) },
  { weight: 1, arbitrary: anything.map((payload) => ({ kind: "whole" as const, payload })) },
);
type Answer = typeof answer extends fc.Arbitrary<infer T> ? T : never;

const asked = fc.record({
  action: fc.constantFrom(ACTION.place, ACTION.modify, ACTION.cancel),
  market: fc.nat(2),
  target: fc.integer({ min: -9, max: 30 }).filter((n) => n !== 0),
});
const step = fc.oneof(
  fc.record({ do: fc.constant("decide" as const), asked: fc.array(asked, { minLength: 1, maxLength: 4 }) }),
  fc.record({ do: fc.constant("answer" as const), answer, which: fc.nat(), twice: fc.boolean() }),
  fc.record({
    do: fc.constant("http" as const),
    answer,
    which: fc.nat(),
    status: fc.constantFrom(200, 200, 200, 422, 429, 500, 0),
  }),
  fc.record({
    do: fc.constant("say" as const),
    text: fc.oneof(
      fc.string(),
      anything.map((data) => JSON.stringify({ channel: "post", data }) ?? ""),
      fc.nat(20).map((id) => JSON.stringify({ channel: "error", data: texts.tooManyPostsText(id) })),
    ),
  }),
  fc.record({ do: fc.constant("socket" as const), isReady: fc.boolean() }),
  fc.record({ do: fc.constant("pass" as const), us: fc.constantFrom(10_000, SECOND, 6 * SECOND, 40 * SECOND) }),
  fc.constant({ do: "cancelAll" as const }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function payloadOf(answer: Answer, { action }: HeldRequest["body"]): unknown {
  if (answer.kind === "whole") return answer.payload;
  const items = (action.orders ?? action.cancels ?? action.modifies) as object[];
  const statuses = answer.kind === "fitting" ? items.map((_, i) => answer.statuses[i % 5]) : answer.statuses;
  return { status: "ok", response: { type: action.cancels === undefined ? "order" : "cancel", data: { statuses } } };
}

/** A gateway, what was asked of it, and what must hold of what it told. */
class Fuzz {
  readonly bench = new GatewayBench();
  readonly expected: string[] = [];
  #cloid = 1_000;

  async run(one: Step): Promise<void> {
    const { bench } = this;
    if (one.do === "decide") this.#decide(one.asked);
    else if (one.do === "answer" && bench.socket.sent.length > 0) {
      const { id, payload } = bench.socket.sent[one.which % bench.socket.sent.length] as {
        id: number;
        payload: HeldRequest["body"];
      };
      for (let i = 0; i < (one.twice ? 2 : 1); i++) bench.reply(payloadOf(one.answer, payload), id);
    } else if (one.do === "http" && bench.net.requests.length > 0) {
      const request = bench.net.requests[one.which % bench.net.requests.length] as HeldRequest;
      const content = JSON.stringify(payloadOf(one.answer, request.body)) ?? "";
      if (one.status === 0) request.fail("no answer");
      else request.answer({ status: one.status, contentType: "", text: content });
    } else if (one.do === "say") bench.says(one.text);
    else if (one.do === "socket") this.#setReady(one.isReady);
    else if (one.do === "cancelAll") bench.gateway.cancelAll([], bench.clock.nowUs());
    else if (one.do === "pass") await bench.pass(one.us);
    await bench.settle();
  }

  #decide(asked: readonly { action: number; market: number; target: number }[]): void {
    const intents: Asked[] = asked.map((one) => {
      this.#cloid += 1;
      const cloid = one.action === ACTION.cancel ? one.target : this.#cloid;
      // An order is asked to end once, so that each answer has one request: markets tell requests about the same order apart no further.
      const target = one.action === ACTION.place ? 0 : one.target * 10_000 - this.#cloid * Math.sign(one.target);
      return { ...one, cloid: one.action === ACTION.cancel ? target : cloid, target };
    });
    for (const { action, cloid } of intents) this.expected.push(`${action} ${cloid}`);
    this.bench.decide(...intents);
  }

  #setReady(isReady: boolean): void {
    const { socket, gateway, clock } = this.bench;
    if (socket.isReady && !isReady) gateway.onLost(clock.nowUs());
    socket.isReady = isReady;
  }

  /** Everything ends, and the books are closed. */
  async check(): Promise<void> {
    await this.bench.pass(80 * SECOND);
    const { heard, gateway, socket, net } = this.bench;
    const told = new Map<string, number[]>();
    for (const a of heard.answers) {
      const name = `${a.action} ${a.cloid}`;
      told.set(name, [...(told.get(name) ?? []), a.status]);
    }
    expect([...told.keys()].sort()).toEqual(this.expected.toSorted());
    for (const [name, statuses] of told) {
      // A second answer only where the first said that nobody knows, and then one that says what is known.
      const [first, second] = statuses;
      const isFair = statuses.length === 1 || (statuses.length === 2 && first === timed_out && second !== timed_out);
      expect([name, isFair, statuses]).toEqual([name, true, statuses]);
    }
    expect([gateway.inFlightCount, gateway.waitingCount]).toEqual([0, 0]);
    const nonces = [...socket.sent.map((s) => s.payload.nonce), ...net.requests.map((r) => r.body.nonce)];
    expect(new Set(nonces).size).toBe(nonces.length);
    expect(nonces.length).toBe(gateway.counts.actions);
    for (const { status, leavesLots } of heard.answers) {
      if (status === ORDER_STATUS.cancelled) expect(leavesLots).toBeNaN();
      else expect(Number.isSafeInteger(leavesLots) && leavesLots >= 0).toBe(true);
    }
    expect(heard.problems.every((p) => p.text.length <= 400)).toBe(true);
  }
}

test("whatever the venue says, in whatever order: nothing throws, and every intent has one answer, or none in time and then one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const fuzz = new Fuzz();
      for (const one of steps) await fuzz.run(one);
      await fuzz.check();
    }),
    { seed: SEED, numRuns: 150 },
  );
}, 120_000);
