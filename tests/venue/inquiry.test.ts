import { describe, expect, test } from "bun:test";
import { Inquiry } from "../../src/venue/hyperliquid/inquiry.ts";
import type { InfoAnswer } from "../../src/wire/hyperliquid/instrument.ts";

type Request = InfoAnswer["request"];

const turns = async (): Promise<void> => {
  for (let i = 0; i < 500; i++) await Promise.resolve();
};

/** Asks a venue that has items at these times, oldest first, `pageMax` of them an answer. */
async function pagesOf(
  timesMs: readonly number[],
  pageMax: number,
  fromMs: number,
): Promise<{ asked: number[]; got: number[]; isWhole: boolean }> {
  const asked: number[] = [];
  const got: number[] = [];
  let isWhole: boolean | null = null;
  const ask = async (request: Request): Promise<InfoAnswer> => {
    const startTime = request.startTime as number;
    asked.push(startTime);
    return { request, response: timesMs.filter((ms) => ms >= startTime).slice(0, pageMax) };
  };
  const inquiry = new Inquiry(ask, fail, fail);
  inquiry.pages(
    { type: "userFillsByTime" },
    fromMs * 1000,
    (response) => {
      got.push(...(response as number[]));
      return Math.max(0, ...(response as number[])) * 1000;
    },
    (whole) => {
      isWhole = whole;
    },
  );
  await turns();
  if (isWhole === null) throw new Error("never done");
  return { asked, got, isWhole };
}

const fail = (error: unknown): void => {
  throw error;
};
const range = (count: number, of: (i: number) => number): number[] => Array.from({ length: count }, (_, i) => of(i));

describe("pages", () => {
  test.each([500, 2_000])("of %i: everything is read, what shares a millisecond too", async (pageMax) => {
    const times = range(3_210, (i) => 1_000 + Math.floor(i / 7));
    const { got, isWhole } = await pagesOf(times, pageMax, 900);
    expect(isWhole).toBe(true);
    // Ends are repeated, nothing is left out.
    for (const ms of new Set(times))
      expect(got.filter((one) => one === ms).length).toBeGreaterThanOrEqual(times.filter((one) => one === ms).length);
  });

  test("one page that is full to the last item is followed by one more question", async () => {
    expect(
      (
        await pagesOf(
          range(500, (i) => 1_000 + i),
          500,
          900,
        )
      ).asked,
    ).toEqual([900, 1_499]);
    expect(
      (
        await pagesOf(
          range(499, (i) => 1_000 + i),
          500,
          900,
        )
      ).asked,
    ).toEqual([900]);
  });

  test("a millisecond that fills a page is left behind, not asked for again and again", async () => {
    const { asked, isWhole } = await pagesOf([...range(700, () => 1_000), 1_005], 500, 1_000);
    expect([asked, isWhole]).toEqual([[1_000, 1_001], true]);
  });

  test("there is an end to them, and it is said", async () => {
    const { asked, isWhole } = await pagesOf(
      range(20_000, (i) => 1_000 + i),
      500,
      900,
    );
    expect([asked.length, isWhole]).toEqual([24, false]);
  });
});

describe("questions together", () => {
  test("answers come in the order of the questions, whichever is first", async () => {
    const answers = new Map<string, (answer: InfoAnswer) => void>();
    const inquiry = new Inquiry(
      (request) => new Promise((resolve) => answers.set(request.type, resolve)),
      () => {},
      fail,
    );
    let got: unknown[] = [];
    inquiry.all([{ type: "orderStatus" }, { type: "userFills" }], (responses) => {
      got = responses;
    });
    answers.get("userFills")?.({ request: { type: "" }, response: range(45, (i) => i) });
    await turns();
    expect(got).toEqual([]);
    answers.get("orderStatus")?.({ request: { type: "" }, response: "a" });
    await turns();
    expect(got).toEqual(["a", range(45, (i) => i)]);
    // 2, 20, and one for each 20 of 45 items.
    expect([inquiry.weight, inquiry.questionCount]).toEqual([24, 2]);
    let none: unknown[] | null = null;
    inquiry.all([], (responses) => {
      none = responses;
    });
    expect(none as unknown).toEqual([]);
  });

  test("who throws over an answer is heard, and ends it: nobody else would hear of it", async () => {
    const bugs: string[] = [];
    const inquiry = new Inquiry(
      async (request) => ({ request, response: 1 }),
      fail,
      (error) => bugs.push(error.message),
    );
    inquiry.all([{ type: "a" }], () => {
      throw new Error("not understood");
    });
    await turns();
    expect(bugs).toEqual(["not understood"]);
  });

  test("a full page in which nothing is of the time asked for ends the list, and is not all", async () => {
    const inquiry = new Inquiry(async (request) => ({ request, response: range(500, (i) => i) }), fail, fail);
    const ends: boolean[] = [];
    inquiry.pages(
      { type: "userFillsByTime" },
      1_000_000,
      () => 0,
      (isWhole) => ends.push(isWhole),
    );
    await turns();
    expect(ends).toEqual([false]);
  });

  test("the first failure ends it; a closed one says nothing", async () => {
    const errors: unknown[] = [];
    const failing = new Inquiry(
      () => Promise.reject(new Error("no")),
      (error) => errors.push((error as Error).message),
      fail,
    );
    failing.all([{ type: "a" }, { type: "b" }], () => errors.push("answered"));
    await turns();
    expect(errors).toEqual(["no"]);
    const closed = new Inquiry(
      async (request) => ({ request, response: 1 }),
      () => errors.push("failed"),
      fail,
    );
    closed.all([{ type: "a" }], () => errors.push("answered"));
    closed.close();
    await turns();
    expect(errors).toEqual(["no"]);
  });
});
