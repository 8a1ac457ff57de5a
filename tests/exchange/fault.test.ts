import { describe, expect, test } from "bun:test";
import type { Door } from "../../src/exchange/door.ts";
import { FaultyDoor } from "../../src/exchange/faulty.ts";
import type { Connection, HttpReply, Wire } from "../../src/exchange/wire.ts";
import { FaultPlan, type FaultRule } from "../../src/sim/fault.ts";

const rule = (given: Partial<FaultRule>): FaultRule => ({
  kind: "drop",
  direction: "out",
  on: "*",
  chanceRatio: 1,
  countMax: null,
  ms: 0,
  status: 503,
  ...given,
});

/** A venue that writes down what it is asked, answers with the question, and can be told to send. */
class Echo implements Door {
  readonly seen: string[] = [];
  readonly wires: Wire[] = [];
  closed = 0;

  post(path: string, body: string, reply: (reply: HttpReply) => void): void {
    this.seen.push(`${path} ${body}`);
    reply({ status: 200, contentType: "application/json", text: body });
  }

  open(wire: Wire): Connection {
    this.wires.push(wire);
    return {
      onMessage: (text) => {
        this.seen.push(text);
      },
      onClose: () => {
        this.closed += 1;
      },
    };
  }
}

interface Bench {
  plan: FaultPlan;
  echo: Echo;
  door: FaultyDoor;
  /** Replies in order of arrival, as status and text. */
  replies: string[];
  frames: string[];
  dropped(): number;
  ask(path: string, body: string): void;
  connection: Connection;
  /** Venue time passes, ms. */
  pass(ms: number): void;
  push(channel: string, n: number): void;
}

function bench(rules: FaultRule[], seed = 1): Bench {
  const plan = new FaultPlan(seed);
  for (const one of rules) plan.add(one);
  const echo = new Echo();
  let nowUs = 0;
  const door = new FaultyDoor(echo, plan, () => nowUs);
  const replies: string[] = [];
  const frames: string[] = [];
  let drops = 0;
  const connection = door.open({
    send: (text) => {
      frames.push(text);
    },
    drop: () => {
      drops += 1;
    },
  });
  return {
    plan,
    echo,
    door,
    replies,
    frames,
    connection,
    dropped: () => drops,
    ask: (path, body) =>
      door.post(path, body, (r) => replies.push(r.status === 200 ? r.text : `${r.status} ${r.text}`)),
    pass: (ms) => {
      nowUs += ms * 1000;
      door.tick();
    },
    push: (channel, n) => echo.wires[0]?.send(`{"channel":"${channel}","data":${n}}`),
  };
}

const numbers = (frames: string[]): number[] => frames.map((f) => Number(/(\d+)\}$/.exec(f)?.[1]));

describe("the plan", () => {
  test("strikes by direction, name, count and chance, deterministically", () => {
    const plan = new FaultPlan(1);
    plan.add(rule({ on: "/exchange", direction: "in", countMax: 2 }));
    const struck = ["/info", "/exchange", "/exchange", "/exchange"].map((name) => plan.strike("in", name) !== null);
    expect([struck, plan.strike("out", "/exchange"), plan.ruleCount, plan.struckCount]).toEqual([
      [false, true, true, false],
      null,
      0,
      2,
    ]);
    const draws = (seed: number): string => {
      const p = new FaultPlan(seed);
      p.add(rule({ chanceRatio: 0.3 }));
      return Array.from({ length: 1_000 }, () => (p.strike("out", "bbo") === null ? "." : "x")).join("");
    };
    expect(draws(5)).toBe(draws(5));
    expect(draws(5)).not.toBe(draws(6));
    const count = draws(5).split("x").length - 1;
    expect(count).toBeGreaterThan(250);
    expect(count).toBeLessThan(350);
  });

  test.each([
    ["disconnect", "in", "/info", false],
    ["disconnect", "out", "bbo", true],
    ["duplicate", "out", "/exchange", false],
    ["duplicate", "in", "/exchange", true],
    ["status", "in", "subscribe", false],
    ["status", "in", "post", true],
    ["status", "out", "/exchange", true],
    ["drop", "out", "/info", true],
  ] as const)("%s of %s %s: %p", (kind, direction, name, strikes) => {
    const plan = new FaultPlan(1);
    plan.add(rule({ kind, direction }));
    expect(plan.strike(direction, name) !== null).toBe(strikes);
  });
});

describe("requests", () => {
  test.each([
    [
      "a time-out that executed",
      rule({ kind: "drop", direction: "out", countMax: 1 }),
      ["/exchange a", "/exchange b"],
      ["b"],
    ],
    ["a time-out that did not", rule({ kind: "drop", direction: "in", countMax: 1 }), ["/exchange b"], ["b"]],
    [
      "a second copy",
      rule({ kind: "duplicate", direction: "in", countMax: 1 }),
      ["/exchange a", "/exchange a", "/exchange b"],
      ["a", "b"],
    ],
    ["429", rule({ kind: "status", direction: "in", status: 429, countMax: 1 }), ["/exchange b"], ["429 null", "b"]],
    [
      "502 that executed",
      rule({ kind: "status", direction: "out", status: 502, countMax: 1 }),
      ["/exchange a", "/exchange b"],
      ["502 null", "b"],
    ],
    [
      "swapped requests",
      rule({ kind: "reorder", direction: "in", countMax: 1 }),
      ["/exchange b", "/exchange a"],
      ["b", "a"],
    ],
    [
      "swapped replies",
      rule({ kind: "reorder", direction: "out", countMax: 1 }),
      ["/exchange a", "/exchange b"],
      ["b", "a"],
    ],
    ["another path's fault", rule({ on: "/info", direction: "in" }), ["/exchange a", "/exchange b"], ["a", "b"]],
  ] as const)("%s", (_name, fault, seen, replies) => {
    const b = bench([fault]);
    b.ask("/exchange", "a");
    b.ask("/exchange", "b");
    expect(b.echo.seen).toEqual([...seen]);
    expect(b.replies).toEqual([...replies]);
  });

  test("delays count venue time, each way by itself", () => {
    const b = bench([
      rule({ kind: "delay", direction: "in", ms: 100 }),
      rule({ kind: "delay", direction: "out", ms: 200 }),
    ]);
    b.ask("/exchange", "a");
    b.pass(70);
    expect(b.echo.seen).toEqual([]);
    b.pass(70);
    expect([b.echo.seen, b.replies]).toEqual([["/exchange a"], []]);
    b.pass(140);
    expect(b.replies).toEqual([]);
    b.pass(70);
    expect(b.replies).toEqual(["a"]);
  });
});

describe("a connection", () => {
  test("without rules passes everything at once", () => {
    const b = bench([]);
    for (let n = 1; n <= 3; n++) b.push("bbo", n);
    b.connection.onMessage('{"method":"ping"}');
    expect([numbers(b.frames), b.echo.seen]).toEqual([[1, 2, 3], ['{"method":"ping"}']]);
  });

  test.each([
    ["drop", rule({ kind: "drop", on: "bbo", countMax: 1 }), [2, 3]],
    ["duplicate", rule({ kind: "duplicate", on: "bbo", countMax: 1 }), [1, 1, 2, 3]],
    ["reorder", rule({ kind: "reorder", on: "bbo", countMax: 1 }), [2, 1, 3]],
    ["another channel's", rule({ kind: "drop", on: "trades" }), [1, 2, 3]],
  ] as const)("frames: %s", (_name, fault, expected) => {
    const b = bench([fault]);
    for (let n = 1; n <= 3; n++) b.push("bbo", n);
    expect(numbers(b.frames)).toEqual([...expected]);
  });

  test("a late frame holds back those behind it: order is the connection's promise", () => {
    const b = bench([rule({ kind: "delay", on: "l2Book", ms: 100 })]);
    b.push("l2Book", 1);
    b.push("bbo", 2);
    expect(b.frames).toEqual([]);
    b.pass(70);
    b.push("bbo", 3);
    expect(b.frames).toEqual([]);
    b.pass(70);
    b.push("bbo", 4);
    expect(numbers(b.frames)).toEqual([1, 2, 3, 4]);
  });

  test("ends in place of a message, and nothing comes after", () => {
    const b = bench([rule({ kind: "disconnect", on: "trades", countMax: 1 })]);
    b.push("bbo", 1);
    b.push("trades", 2);
    b.push("bbo", 3);
    expect([numbers(b.frames), b.dropped(), b.echo.closed, b.door.clientCount]).toEqual([[1], 1, 1, 0]);
    // The socket's own close comes afterwards, and is no second end.
    b.connection.onClose();
    expect(b.echo.closed).toBe(1);
  });

  test("messages to the venue are named by their method", () => {
    const b = bench([rule({ kind: "drop", direction: "in", on: "subscribe", countMax: 1 })]);
    b.connection.onMessage('{"method":"subscribe","subscription":{}}');
    b.connection.onMessage('{ "method" : "ping" }');
    expect(b.echo.seen).toEqual(['{ "method" : "ping" }']);
  });

  test("a post that is refused by status never reaches the venue, and is answered on its channel", () => {
    const b = bench([rule({ kind: "status", direction: "in", on: "post", status: 429, countMax: 1 })]);
    b.connection.onMessage('{"method":"post","id":7,"request":{}}');
    expect(b.echo.seen).toEqual([]);
    expect(JSON.parse(b.frames[0] as string)).toEqual({
      channel: "post",
      data: { id: 7, response: { type: "error", payload: "429 Too Many Requests" } },
    });
  });

  test("what only looks like a post goes on to the venue", () => {
    const b = bench([rule({ kind: "status", direction: "in", on: "post", status: 429 })]);
    b.connection.onMessage('{"method":"post"');
    expect([b.echo.seen, b.frames]).toEqual([['{"method":"post"'], []]);
  });

  test("disconnect ends all of them", () => {
    const b = bench([]);
    b.door.open({ send: () => {}, drop: () => {} });
    expect([b.door.disconnect(), b.door.clientCount, b.echo.closed]).toEqual([2, 0, 2]);
  });
});
