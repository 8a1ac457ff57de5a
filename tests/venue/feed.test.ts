import { describe, expect, test } from "bun:test";
import { DrivenClock } from "../../src/io/clock.ts";
import { NetError } from "../../src/io/net.ts";
import { Feed } from "../../src/venue/hyperliquid/feed.ts";
import { accountSubscriptionsOf, subscriptionsOf } from "../../src/venue/hyperliquid/subscriptions.ts";
import { FactsError } from "../../src/wire/hyperliquid/instrument.ts";
import { FakeNet } from "../fixtures/net.ts";

const SECOND = 1_000_000;
const START = 1_767_225_600 * SECOND;
const PUSH = '{"channel":"bbo","data":{"coin":"BTC","time":1767225600000,"bbo":[null,null]}}';

class Bench {
  readonly clock = new DrivenClock(START);
  readonly net = new FakeNet();
  readonly pushes: string[] = [];
  readonly lost: string[] = [];
  readonly fatal: string[] = [];
  ready = 0;
  rechecks = 0;
  recheck: () => Promise<void> = async () => {};
  readonly feed: Feed;

  constructor(coins: string[] = ["BTC", "xyz:TSLA"]) {
    this.feed = new Feed(
      {
        clock: this.clock,
        net: this.net,
        url: "ws://venue/ws",
        subscriptions: subscriptionsOf(coins),
        recheck: () => {
          this.rechecks += 1;
          return this.recheck();
        },
        seed: 1,
      },
      {
        onPush: (bytes, length) => this.pushes.push(new TextDecoder().decode(bytes.subarray(0, length))),
        onLost: (reason) => this.lost.push(reason),
        onReady: () => {
          this.ready += 1;
        },
        onFatal: (error) => this.fatal.push(error.message),
      },
    );
    this.feed.start();
  }

  /** Lets time pass in quarter seconds, timers included. */
  async wait(seconds: number): Promise<void> {
    for (let i = 0; i < seconds * 4; i++) {
      this.clock.set(this.clock.nowUs() + SECOND / 4);
      this.clock.fire();
      // Answers over HTTP are promises: a few turns settle them.
      for (let turn = 0; turn < 4; turn++) await Promise.resolve();
    }
  }

  /** The same, with a push every second. */
  async waitWithData(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.net.socket.says(PUSH);
      await this.wait(1);
    }
  }
}

describe("a connection", () => {
  test("subscribes to five channels a market, is ready when all are acknowledged, and hands over data only", () => {
    const b = new Bench();
    b.net.socket.isOpen = true;
    b.net.socket.events.onOpen();
    expect(b.net.socket.sent.map((text) => JSON.parse(text).subscription)).toEqual(
      subscriptionsOf(["BTC", "xyz:TSLA"]),
    );
    expect([b.ready, b.feed.isReady]).toEqual([0, false]);
    b.net.socket.acknowledge();
    expect([b.ready, b.feed.isReady, b.feed.counts.acks]).toEqual([1, true, 10]);
    for (const text of [PUSH, '{"channel":"pong"}', "Websocket connection established.", PUSH]) b.net.socket.says(text);
    expect(b.pushes).toEqual([PUSH, PUSH]);
    expect(b.feed.counts.messages).toBe(14);
  });

  test("an acknowledgement that was lost is made good by the venue's Already subscribed", () => {
    const b = new Bench(["BTC"]);
    b.net.socket.isOpen = true;
    b.net.socket.events.onOpen();
    b.net.socket.sent.splice(2, 1);
    b.net.socket.acknowledge();
    expect(b.ready).toBe(0);
    const again = 'Already subscribed: {"type":"l2Book","coin":"BTC","nSigFigs":null,"mantissa":null,"fast":false}';
    b.net.socket.says(JSON.stringify({ channel: "error", data: again }));
    expect([b.ready, b.feed.counts.errors]).toEqual([1, 1]);
    expect(b.feed.counts.first_error).toContain("Already subscribed");
  });

  test("is pinged after five silent seconds, and a pong keeps it for as long as data keep coming", async () => {
    const b = new Bench();
    b.net.socket.accept();
    await b.waitWithData(2);
    await b.wait(3.5);
    const early = b.net.socket.sent.filter((t) => t.includes("ping")).length;
    await b.wait(1.5);
    expect(b.net.socket.sent.filter((t) => t.includes("ping")).length).toBe(early + 1);
    b.net.socket.says('{"channel":"pong"}');
    expect(b.feed.counts.pongs).toBe(1);
    expect(b.feed.counts.rtt_ms).toBeGreaterThan(0);
    await b.waitWithData(120);
    expect([b.lost, b.net.sockets.length]).toEqual([[], 1]);
  });
});

describe("what goes wrong is told once, with its reason, and mended", () => {
  test("cut: backoff, names checked again, all channels subscribed again", async () => {
    const b = new Bench();
    b.net.socket.accept();
    b.net.socket.says(PUSH);
    b.net.socket.cut();
    expect(b.lost).toEqual(["closed with code 1006"]);
    await b.wait(1);
    expect([b.rechecks, b.net.sockets.length]).toEqual([1, 2]);
    b.net.socket.accept();
    expect([b.ready, b.feed.counts.connects]).toEqual([2, 2]);
    expect(b.feed.counts.lost).toEqual({ "closed with code 1006": 1 });
  });

  test("half-open: nothing for ten seconds, the ping unanswered", async () => {
    const b = new Bench();
    b.net.socket.accept();
    await b.wait(12);
    expect(b.lost).toEqual(["silent"]);
    expect(b.net.sockets[0]?.isClosed).toBe(true);
  });

  test("pongs without data: the subscriptions are lost", async () => {
    const b = new Bench();
    b.net.socket.accept();
    b.net.socket.says(PUSH);
    for (let i = 0; i < 20; i++) {
      b.net.sockets[0]?.says('{"channel":"pong"}');
      await b.wait(1);
    }
    expect(b.lost).toEqual(["no data"]);
  });

  test("a socket that never opens, and subscriptions that are never acknowledged", async () => {
    const b = new Bench();
    await b.wait(12);
    expect([b.feed.counts.lost["no connection within 10 s"], b.lost]).toEqual([1, []]);
    expect(b.net.sockets.length).toBe(2);
    b.net.socket.isOpen = true;
    b.net.socket.events.onOpen();
    for (let i = 0; i < 12; i++) {
      b.net.socket.says('{"channel":"pong"}');
      await b.wait(1);
    }
    expect(b.lost).toEqual(["subscriptions unanswered"]);
  });

  test("the one subscription that is not answered is named, other answers are none for it", async () => {
    const b = new Bench(["BTC"]);
    b.net.socket.isOpen = true;
    b.net.socket.events.onOpen();
    b.net.socket.sent.splice(3, 1);
    b.net.socket.acknowledge();
    const other = { method: "subscribe", subscription: { type: "trades", coin: "ETH" } };
    b.net.socket.says(JSON.stringify({ channel: "subscriptionResponse", data: other }));
    b.net.socket.says('{"channel":"subscriptionResponse","data":null}');
    b.net.socket.says('{"channel":"subscriptionResponse"');
    await b.waitWithData(12);
    expect([b.ready, b.lost]).toEqual([0, ["trades BTC unanswered"]]);
  });

  test("a venue that drops the socket at one subscription: that one is named, and the waits grow", async () => {
    const b = new Bench(["BTC", "xyz:GONE"]);
    const times: number[] = [];
    for (let i = 0; i < 4 * 60; i++) {
      const { socket } = b.net;
      if (!socket.isOpen && !socket.isClosed) {
        times.push(i / 4);
        socket.isOpen = true;
        socket.events.onOpen();
        socket.sent.length = 6;
        socket.acknowledge();
        socket.cut();
      }
      await b.wait(0.25);
    }
    expect(Object.keys(b.feed.counts.lost)).toEqual(["closed with code 1006, l2Book xyz:GONE fast unanswered"]);
    expect(times.length).toBeGreaterThan(4);
    expect(times.length).toBeLessThan(10);
  });

  test.each([
    [5, "nobody answers there"],
    [6, "refused with 403"],
  ])("a check of names that ends with exit code %d is tried again", async (exitCode, text) => {
    const b = new Bench();
    b.net.socket.accept();
    let count = 0;
    b.recheck = async () => {
      count += 1;
      if (count < 3) throw Object.assign(new Error(text), { exitCode });
    };
    b.net.socket.cut();
    await b.wait(10);
    b.net.socket.accept();
    expect([count, b.ready, b.fatal]).toEqual([3, 2, []]);
  });

  test("what an old socket still says is not heard", async () => {
    const b = new Bench();
    b.net.socket.accept();
    b.net.socket.cut();
    b.net.sockets[0]?.says(PUSH);
    b.net.sockets[0]?.cut("again");
    await b.wait(2);
    expect([b.pushes, b.lost]).toEqual([[], ["closed with code 1006"]]);
  });

  test("a venue that is away: waits grow to half a minute, never more than 30 attempts a minute, and end when it is back", async () => {
    const b = new Bench();
    b.net.socket.cut("refused");
    let away = true;
    b.recheck = async () => {
      if (away) throw new NetError("nobody answers there");
    };
    const times: number[] = [];
    for (let i = 0; i < 300; i++) {
      const before = b.rechecks;
      await b.wait(1);
      if (b.rechecks > before) times.push(i);
    }
    expect(times.length).toBeGreaterThan(8);
    expect(times.length).toBeLessThan(25);
    const last = times.slice(-4).map((t, i, all) => (i === 0 ? 0 : t - (all[i - 1] as number)));
    expect(Math.max(...last)).toBeLessThanOrEqual(31);
    expect(Math.max(...last)).toBeGreaterThan(14);
    away = false;
    const sockets = b.net.sockets.length;
    for (let i = 0; i < 31 && b.net.sockets.length === sockets; i++) await b.wait(1);
    b.net.socket.accept();
    expect(b.feed.isReady).toBe(true);
    expect(b.lost).toEqual([]);
  });

  test("a flapping venue is not hammered: at most twenty connections in any minute", async () => {
    const b = new Bench();
    const times: number[] = [];
    for (let i = 0; i < 4 * 180; i++) {
      const { socket } = b.net;
      if (!socket.isOpen && !socket.isClosed) {
        times.push(i / 4);
        socket.accept();
        socket.cut();
      }
      await b.wait(0.25);
    }
    for (const t of times) expect(times.filter((u) => u >= t && u < t + 60).length).toBeLessThanOrEqual(20);
    expect(times.length).toBeGreaterThan(5);
  });

  test("a market that was renumbered ends the run", async () => {
    const b = new Bench();
    b.net.socket.accept();
    b.recheck = async () => {
      throw new FactsError("xyz:TSLA: assetId was 110003 and is now 110004");
    };
    b.net.socket.cut();
    await b.wait(5);
    expect(b.fatal).toEqual(["xyz:TSLA: assetId was 110003 and is now 110004"]);
    expect(b.net.sockets.length).toBe(1);
  });

  test("stopped is stopped", async () => {
    const b = new Bench();
    b.net.socket.accept();
    b.feed.stop();
    expect(b.net.socket.isClosed).toBe(true);
    b.net.socket.cut();
    await b.wait(60);
    expect([b.net.sockets.length, b.lost]).toEqual([1, []]);
  });
});

test("sixty-four markets: every subscription is sent, within the venue's limit of messages a minute", async () => {
  const b = new Bench(Array.from({ length: 64 }, (_, i) => `xyz:C${i}`));
  b.net.socket.isOpen = true;
  b.net.socket.events.onOpen();
  expect(b.net.socket.sent.length).toBe(320);
  b.net.socket.acknowledge();
  expect(b.feed.isReady).toBe(true);
  // Cut and back again and again within a minute: the limit holds, and the rest follows.
  let sent = 320;
  for (let i = 0; i < 8; i++) {
    b.net.socket.cut();
    await b.wait(i < 4 ? 2 : 4);
    const { socket } = b.net;
    if (socket.isOpen) continue;
    socket.isOpen = true;
    socket.events.onOpen();
    sent += socket.sent.length;
    socket.acknowledge();
  }
  expect(sent).toBeLessThanOrEqual(1_800);
});

test("as many with a reference each, cut again and again: whoever is connected is subscribed whole, and can still ping", async () => {
  const coins = Array.from({ length: 64 }, (_, i) => [`xyz:C${i}`, `C${i}`]).flat();
  const b = new Bench(coins);
  const sent: number[] = [];
  for (let i = 0; i < 4 * 240; i++) {
    const { socket } = b.net;
    if (!socket.isOpen && !socket.isClosed) {
      socket.isOpen = true;
      socket.events.onOpen();
    }
    for (const text of socket.sent) if (text.includes("ubscri")) sent.push(i / 4);
    socket.acknowledge();
    // A moment after it is ready, the venue cuts it.
    if (b.feed.isReady && i % 8 === 7) socket.cut();
    await b.wait(0.25);
  }
  expect(Object.keys(b.feed.counts.lost)).toEqual(["closed with code 1006"]);
  expect(b.feed.counts.lost["closed with code 1006"]).toBeGreaterThan(3);
  for (const t of new Set(sent)) expect(sent.filter((u) => u > t - 60 && u <= t).length).toBeLessThanOrEqual(1_770);
});

test("a text longer than the buffer arrives whole", () => {
  const b = new Bench(["BTC"]);
  b.net.socket.accept();
  const long = `{"channel":"trades","data":"${"é".repeat(300_000)}"}`;
  b.net.socket.says(long);
  b.net.socket.says(PUSH);
  expect(b.pushes[0] === long).toBe(true);
  expect(b.pushes[1]).toBe(PUSH);
});

describe("an account on the same connection", () => {
  const USER = "0xABCDEF0123456789abcdef0123456789ABCDEF01";
  const subscriptions = [...subscriptionsOf(["BTC"]), ...accountSubscriptionsOf(USER, ["", "xyz"])];

  function open(listens = true): { bench: Bench; feed: Feed; heard: string[]; pushes: string[] } {
    const bench = new Bench();
    bench.feed.stop();
    const [heard, pushes]: [string[], string[]] = [[], []];
    const feed = new Feed(
      { clock: bench.clock, net: bench.net, url: "ws://venue/ws", subscriptions, recheck: async () => {}, seed: 1 },
      {
        onPush: (_bytes, _length, _us, text) => pushes.push(text),
        ...(listens && { onAccount: (text: string) => heard.push(text) }),
        onLost: (reason) => bench.lost.push(reason),
        onReady: () => {},
        onFatal: () => {},
      },
    );
    feed.start();
    bench.net.socket.isOpen = true;
    bench.net.socket.events.onOpen();
    return { bench, feed, heard, pushes };
  }

  /** Acknowledges as the venue does: lower case, what was left out filled in, what it does not know left away. */
  function acknowledge({ net }: Bench): void {
    for (const text of net.socket.sent.splice(0)) {
      const { method, subscription } = JSON.parse(text);
      const { user, ...rest } = subscription;
      const filled = rest.type === "userFills" ? { aggregateByTime: false } : {};
      const echo = { ...rest, ...(user && { user: user.toLowerCase() }), ...filled };
      net.socket.says(JSON.stringify({ channel: "subscriptionResponse", data: { method, subscription: echo } }));
    }
  }

  test("is ready when the account's channels are acknowledged too", () => {
    const { bench, feed } = open();
    expect(bench.net.socket.sent.map((text) => JSON.parse(text).subscription)).toEqual(subscriptions);
    const last = bench.net.socket.sent.pop() as string;
    acknowledge(bench);
    expect(feed.isReady).toBe(false);
    bench.net.socket.sent.push(last);
    acknowledge(bench);
    expect([feed.isReady, feed.counts.acks]).toEqual([true, 5 + 4 + 4]);
  });

  const account = ["orderUpdates", "userFills", "user", "userFundings", "openOrders", "clearinghouseState", "post"];
  const market = [
    "bbo",
    "l2Book",
    "trades",
    "activeAssetCtx",
    "candle",
    "notification",
    "outcomeMetaUpdates",
    "spotState",
  ];
  test.each([...account, ...market])("%s goes to whoever it is for", (channel) => {
    const { bench, heard, pushes } = open();
    acknowledge(bench);
    const text = JSON.stringify({ channel, data: [] });
    bench.net.socket.says(text);
    expect([heard, pushes]).toEqual(account.includes(channel) ? [[text], []] : [[], [text]]);
  });

  test("an error that no subscription explains is told, one that says we have a subscription is not", () => {
    const { bench, heard, feed } = open();
    acknowledge(bench);
    const posts = JSON.stringify({ channel: "error", data: "too many pending post requests id=7" });
    bench.net.socket.says(posts);
    bench.net.socket.says(
      JSON.stringify({ channel: "error", data: `Already subscribed: {"type":"trades","coin":"BTC"}` }),
    );
    expect([heard, feed.counts.errors]).toEqual([[posts], 2]);
  });

  test("without a listener its messages are pushes, as before", () => {
    const { bench, pushes } = open(false);
    acknowledge(bench);
    bench.net.socket.says('{"channel":"orderUpdates","data":[]}');
    expect(pushes.length).toBe(1);
  });

  test("its messages are no proof that market data still come", async () => {
    const { bench } = open();
    acknowledge(bench);
    for (let i = 0; i < 20; i++) {
      bench.net.socket.says('{"channel":"clearinghouseState","data":{}}');
      await bench.wait(1);
    }
    expect(bench.lost).toEqual(["no data"]);
  });

  test("posts go out when the connection is ready, and leave room for pings and for subscribing anew", async () => {
    const { bench, feed } = open();
    expect(feed.send("early")).toBe(false);
    acknowledge(bench);
    let sent = 0;
    while (feed.send('{"method":"post"}')) sent += 1;
    // 1,800 a minute, less 30 pings, less 13 subscriptions sent and 13 to come.
    expect(sent).toBe(1_800 - 30 - 13 - 13);
    bench.net.socket.cut();
    expect(feed.send("late")).toBe(false);
    await bench.wait(2);
    expect(bench.net.socket.isClosed).toBe(false);
    bench.net.socket.isOpen = true;
    bench.net.socket.events.onOpen();
    expect(bench.net.socket.sent.length).toBe(13);
  });

  test("is given up when asked, once, and comes back", async () => {
    const { bench, feed } = open();
    acknowledge(bench);
    feed.dropNow("account channel stalls");
    feed.dropNow("again");
    expect([bench.lost, feed.state]).toEqual([["account channel stalls"], "waiting"]);
    await bench.wait(2);
    bench.net.socket.isOpen = true;
    bench.net.socket.events.onOpen();
    acknowledge(bench);
    expect(feed.isReady).toBe(true);
  });
});
