import { describe, expect, test } from "bun:test";
import { DrivenClock } from "../../src/io/clock.ts";
import { NetError } from "../../src/io/net.ts";
import { resolveVenue } from "../../src/venue/hyperliquid/address.ts";
import { InfoClient } from "../../src/venue/hyperliquid/info.ts";
import { FakeNet, json } from "../fixtures/net.ts";

const MINUTE = 60_000_000;

/** A clock whose sleepers wake at once, with the time moved on: waits are counted, not waited for. */
class Bench {
  readonly clock = new DrivenClock(1_767_225_600_000_000);
  readonly net = new FakeNet();
  readonly info = new InfoClient(this.clock, this.net, resolveVenue("mainnet"));
  sleptUs = 0;

  constructor() {
    this.clock.sleepUntil = async (timeUs) => {
      this.sleptUs += timeUs - this.clock.nowUs();
      this.clock.set(timeUs);
    };
  }
}

const META = {
  universe: [
    { name: "BTC", szDecimals: 5, maxLeverage: 40 },
    { name: "HYPE", szDecimals: 2, maxLeverage: 10 },
  ],
};
const HYNA = { universe: [{ name: "hyna:HYPE", szDecimals: 2, maxLeverage: 10 }], collateralToken: 235 };
const FEES = { userCrossRate: "0.00045", userAddRate: "0.00015", activeReferralDiscount: "0.0" };

function answers(request: { type: string; dex?: string }): ReturnType<typeof json> {
  if (request.type === "perpDexs") return json([null, { name: "hyna", deployerFeeScale: "1.0" }]);
  if (request.type === "meta") return json(request.dex === "hyna" ? HYNA : META);
  return json(FEES);
}

describe("facts", () => {
  test("are asked in the order a tape keeps: dexs, the main list always, each dex once, fees of nobody", async () => {
    const b = new Bench();
    b.net.answer = answers;
    const facts = await b.info.facts(["hyna:HYPE", "BTC"], null);
    expect(facts.map((f) => f.request)).toEqual([
      { type: "perpDexs" },
      { type: "meta" },
      { type: "meta", dex: "hyna" },
      { type: "userFees", user: "0x0000000000000000000000000000000000000000" },
    ]);
    await b.info.facts(["BTC"], "0x00000000000000000000000000000000000000aa");
    expect(b.net.requests.at(-1)).toEqual({ type: "userFees", user: "0x00000000000000000000000000000000000000aa" });
  });

  test.each([
    ["hina:HYPE", "there is no dex hina; there are hyna", 2],
    ["hyna:HIPE", "did you mean hyna:HYPE?", 2],
    ["btc", "did you mean BTC?", 2],
  ])("%s is found out over HTTP: %s", async (market, text, exitCode) => {
    const b = new Bench();
    b.net.answer = answers;
    const error = await b.info.facts([market], null).catch((e) => e);
    expect([error.message.includes(text), error.exitCode]).toEqual([true, exitCode]);
  });
});

describe("answers that are none", () => {
  test.each([
    ["500", () => json(null, 500), 5, "answers 500"],
    ["garbage", () => ({ status: 200, contentType: "text/html", text: "<html>" }), 5, "no JSON"],
    ["nobody", () => new NetError("https://api.hyperliquid.xyz/info: nobody answers there"), 5, "nobody answers there"],
    ["null", () => json(null), 5, "answers meta with null"],
  ])(
    "%s is asked again, four times with growing waits, then told in one line",
    async (_name, answer, exitCode, text) => {
      const b = new Bench();
      b.net.answer = answer;
      const error = await b.info.ask({ type: "meta" }).catch((e) => e);
      expect([error.exitCode, error.message.includes(text), error.message.includes("\n")]).toEqual([
        exitCode,
        true,
        false,
      ]);
      expect(error.message.split("https://").length).toBe(2);
      expect([b.net.requests.length, b.sleptUs, b.info.retryCount]).toEqual([4, 3_500_000, 3]);
    },
  );

  test("429 is asked again after longer waits: the limit is by the minute", async () => {
    const b = new Bench();
    b.net.answer = () => ({ status: 429, contentType: "text/plain", text: "Too Many Requests" });
    const error = await b.info.ask({ type: "meta" }).catch((e) => e);
    expect(error.message).toContain("answers 429 to meta (4 attempts)");
    expect([error.exitCode, b.sleptUs]).toEqual([5, 14_000_000]);
  });

  test("a venue that lets each question hang for ten seconds is given up after two", async () => {
    const b = new Bench();
    b.net.answer = () => {
      b.clock.set(b.clock.nowUs() + 10_000_000);
      return new NetError("https://api.hyperliquid.xyz/info: no answer within 10 s");
    };
    const error = await b.info.ask({ type: "meta" }).catch((e) => e);
    expect(error.message).toBe("https://api.hyperliquid.xyz/info: no answer within 10 s (2 attempts)");
  });

  test("a list of dexs that is none is not taken for a dex that does not exist", async () => {
    const b = new Bench();
    b.net.answer = () => json({ error: "maintenance" });
    const error = await b.info.facts(["hyna:HYPE"], null).catch((e) => e);
    expect([error.exitCode, error.message]).toEqual([11, expect.stringContaining("perpDexs is not understood")]);
  });

  test("two failures and an answer are an answer", async () => {
    const b = new Bench();
    let count = 0;
    b.net.answer = (request) => {
      count += 1;
      return count < 3 ? json(null, 502) : answers(request);
    };
    expect((await b.info.ask({ type: "meta" })).response).toEqual(META);
  });

  test("422 is the venue's no: not asked again, its words kept", async () => {
    const b = new Bench();
    const words = "Failed to deserialize the JSON body into the target type";
    b.net.answer = () => ({ status: 422, contentType: "text/plain", text: words });
    const error = await b.info.ask({ type: "mets" }).catch((e) => e);
    expect([error.name, error.exitCode, error.raw, b.net.requests.length]).toEqual(["RejectedError", 6, words, 1]);
  });
});

test("a storm of questions keeps within the weight of a minute", async () => {
  const b = new Bench();
  b.net.answer = answers;
  for (let i = 0; i < 130; i++) await b.info.ask({ type: "meta" });
  // 60 questions of weight 20 a minute: the 61st and the 121st wait.
  expect(b.sleptUs).toBe(2 * MINUTE);
});

test("any minute counts, not the clock's: a burst late in one leaves no room early in the next", async () => {
  const b = new Bench();
  b.net.answer = answers;
  const times: number[] = [];
  const ask = async (): Promise<void> => {
    await b.info.ask({ type: "meta" });
    times.push(b.clock.nowUs());
  };
  await ask();
  b.clock.set(b.clock.nowUs() + 50 * 1_000_000);
  for (let i = 0; i < 59; i++) await ask();
  b.clock.set(b.clock.nowUs() + 11 * 1_000_000);
  // Two at once want the one place that has become free.
  await Promise.all([ask(), ask(), ask()]);
  for (const t of times) expect(times.filter((u) => u > t - MINUTE && u <= t).length).toBeLessThanOrEqual(60);
});

test("the clock's offset is known to half a round trip", async () => {
  const b = new Bench();
  b.net.answer = () => {
    b.clock.set(b.clock.nowUs() + 80_000);
    return json({ time: 1_767_225_600_540, specialStatuses: null });
  };
  expect(await b.info.clockOffset()).toEqual({ offsetUs: 500_000, errorUs: 40_000 });
  b.net.answer = () => json({ specialStatuses: null });
  expect(await b.info.clockOffset()).toBe(null);
});

test("an account's requests: used, volume, and bought ones", async () => {
  const b = new Bench();
  b.net.answer = () =>
    json({ cumVlm: "2854574.593578", nRequestsUsed: 2890, nRequestsCap: 2864574, nRequestsSurplus: 7 });
  expect(await b.info.quota("0x00000000000000000000000000000000000000aa")).toEqual({
    usedCount: 2890,
    volumeUsd: 2854574.593578,
    reservedCount: 7,
  });
});

test.each([
  ["mainnet", "https://api.hyperliquid.xyz/info", "wss://api.hyperliquid.xyz/ws"],
  ["testnet", "https://api.hyperliquid-testnet.xyz/info", "wss://api.hyperliquid-testnet.xyz/ws"],
  ["http://127.0.0.1:3001/", "http://127.0.0.1:3001/info", "ws://127.0.0.1:3001/ws"],
])("%s is at %s and %s", (venue, infoUrl, socketUrl) => {
  expect(resolveVenue(venue)).toMatchObject({ infoUrl, socketUrl });
});

test.each(["mainet", "ftp://x", "https://", "local host"])("%s is no venue", (venue) => {
  expect(() => resolveVenue(venue)).toThrow("--venue is mainnet, testnet, local or an address");
});
