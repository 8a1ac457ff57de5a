import { describe, expect, test } from "bun:test";
import { ACTION, ORDER_STATUS } from "../../src/core/frame.ts";
import { REASON, reasonName } from "../../src/core/reason.ts";
import { type Outcome, readAnswer, readFailure, readHttp, readPost } from "../../src/venue/hyperliquid/reply.ts";
import * as texts from "../../src/wire/hyperliquid/errors.ts";
import { refusalText } from "../../src/wire/hyperliquid/facts.ts";
import { isKnownRefusal, isUnknownSigner, reasonOf } from "../../src/wire/hyperliquid/refusal.ts";
import { cancels, orders, resting } from "../fixtures/gateway.ts";

const { place, modify, cancel } = ACTION;
const NAMES = Object.fromEntries(Object.entries(ORDER_STATUS).map(([name, code]) => [code, name]));
/** Status, reason and problem, as words. */
const words = ({ items, problem }: Outcome): string[] => [
  ...items.map((one) => `${NAMES[one.status]} ${reasonName(one.reason)}${one.oid > 0 ? ` ${one.oid}` : ""}`),
  ...(problem === null ? [] : [`${problem.kind}${problem.isFatal ? " fatal" : ""}`]),
];
const err = (response: string): object => ({ status: "err", response });
const USER = `0x${"ab".repeat(20)}`;
const LIMITER = refusalText(66_000, 66_000, "56000.00");

describe("reasons of the venue's words", () => {
  test.each([
    [texts.badAloPxText("1800.1", "1800.2", 4), "post_only_crossed"],
    ["Post only order would have immediately matched, bbo was 1800.1@1800.2. asset=4", "post_only_crossed"],
    [texts.tickText(4), "price_off_grid"],
    [texts.INVALID_PRICE, "price_off_grid"],
    [texts.minNotionalText(4), "below_minimum"],
    ["Order must have minimum value of 10 USDC.", "below_minimum"],
    [texts.ZERO_SIZE, "zero_size"],
    [texts.marginText(4), "margin"],
    [texts.spotBalanceText(10_107), "margin"],
    [texts.maxPositionText(4), "margin"],
    [texts.reduceOnlyText(4), "reduce_only_increase"],
    [texts.openInterestCapText(4), "open_interest_cap"],
    [texts.tooAggressiveText(4), "open_interest_cap"],
    [texts.openInterestIncreaseText(4), "open_interest_cap"],
    [texts.oracleText(4), "too_far_from_oracle"],
    ["Order price too far from oracle", "too_far_from_oracle"],
    [texts.farPriceText(80), "too_far_from_oracle"],
    [texts.farPriceText(95), "too_far_from_oracle"],
    [texts.missingOrderText(4), "missing_order"],
    [texts.CANNOT_MODIFY, "missing_order"],
    [LIMITER, "too_many_requests"],
    [texts.ALREADY_EXPIRED, "expired"],
    [texts.modifyPlaceText(texts.badAloPxText("1", "2", 4)), "post_only_crossed"],
    [texts.modifyPlaceText(texts.marginText(4)), "margin"],
    [texts.INVALID_SIZE, "other_refusal"],
    [texts.iocCancelText(4), "other_refusal"],
    [texts.badTriggerPxText(4), "other_refusal"],
    [texts.noLiquidityText(4), "other_refusal"],
    [texts.haltedText(4), "other_refusal"],
    [texts.tooManyOpenOrdersText(4), "other_refusal"],
    [texts.POST_ONLY_PERIOD, "other_refusal"],
    [texts.BUILDER_NOT_APPROVED, "other_refusal"],
    [texts.UNEXPECTED_TRIGGERS, "other_refusal"],
    [texts.PRIORITY_BALANCE, "other_refusal"],
    [texts.OVER_WEIGHT, "other_refusal"],
  ])("%s", (text, reason) => {
    expect([reasonName(reasonOf(text)), isKnownRefusal(text)]).toEqual([reason, true]);
  });

  test("what nobody has seen yet is another refusal, and not a known one", () => {
    expect([reasonOf("The moon is full."), isKnownRefusal("The moon is full.")]).toEqual([REASON.other_refusal, false]);
    expect(reasonOf("")).toBe(REASON.none);
  });

  test.each([
    texts.unknownSignerText(USER),
    `L1 error: ${texts.unknownSignerText(USER)}`,
    texts.mustDepositText(USER),
    texts.vaultNotRegisteredText(USER),
    texts.UNRECOVERABLE_SIGNER,
  ])("nobody: %s", (text) => {
    expect([isUnknownSigner(text), isUnknownSigner(texts.marginText(0))]).toEqual([true, false]);
  });
});

describe("an answer, request by request", () => {
  const filled = (totalSz: string, oid: number): object => ({ filled: { totalSz, avgPx: "30.0", oid } });
  const error = (text: string): object => ({ error: text });
  test.each<[string, number, number, object, string[]]>([
    [
      "places that rest",
      place,
      2,
      orders(resting(5), { resting: { oid: 6, cloid: "0x00" } }),
      ["resting none 5", "resting none 6"],
    ],
    ["a place that was filled", place, 1, orders(filled("1.0", 7)), ["filled none 7"]],
    [
      "one of three refused",
      place,
      3,
      orders(resting(5), error(texts.marginText(0)), resting(6)),
      ["resting none 5", "rejected margin", "resting none 6"],
    ],
    ["one error for all three", place, 3, orders(error(texts.tickText(0))), Array(3).fill("rejected price_off_grid")],
    ["a refusal that nobody knows", place, 1, orders(error("The moon is full.")), ["rejected other_refusal"]],
    ["a modify that rests", modify, 1, orders(resting(8)), ["resting none 8"]],
    ["a modify of what is gone", modify, 1, orders(error(texts.CANNOT_MODIFY)), ["missing missing_order"]],
    [
      "a modify whose second half failed",
      modify,
      1,
      orders(error(texts.modifyPlaceText(texts.badAloPxText("1", "2", 0)))),
      ["rejected post_only_crossed"],
    ],
    [
      "a modify that was refused in other words",
      modify,
      1,
      orders(error(texts.tickText(0))),
      ["timed_out price_off_grid", "unreadable"],
    ],
    [
      "cancels",
      cancel,
      2,
      cancels("success", error(texts.missingOrderText(0))),
      ["cancelled none", "missing missing_order"],
    ],
    [
      "a cancel that was refused in other words",
      cancel,
      1,
      cancels(error(texts.haltedText(0))),
      ["timed_out other_refusal", "unreadable"],
    ],
    ["the limiter among the items", cancel, 1, cancels(error(LIMITER)), ["refused too_many_requests"]],
    ["an order that waits", place, 1, orders("waitingForFill"), ["timed_out no_answer", "unreadable"]],
    ["a trigger that waits", place, 1, orders("waitingForTrigger"), ["timed_out no_answer", "unreadable"]],
    ["success for a place", place, 1, orders("success"), ["timed_out no_answer", "unreadable"]],
    ["a number for a cancel", cancel, 1, cancels(resting(5)), ["timed_out no_answer", "unreadable"]],
    ["a number that is none", place, 1, orders({ resting: { oid: "5" } }), ["timed_out no_answer", "unreadable"]],
    ["nothing", place, 1, orders(null), ["timed_out no_answer", "unreadable"]],
    [
      "one status too few",
      place,
      3,
      orders(resting(5), resting(6)),
      [...Array(3).fill("timed_out no_answer"), "unreadable"],
    ],
    ["one status too many", place, 1, orders(resting(5), resting(6)), ["timed_out no_answer", "unreadable"]],
    ["one number for three", place, 3, orders(resting(5)), [...Array(3).fill("timed_out no_answer"), "unreadable"]],
    ["no statuses", place, 1, orders(), ["timed_out no_answer", "unreadable"]],
    ["the answer to something else", place, 1, cancels("success"), ["timed_out no_answer", "unreadable"]],
    [
      "the answer to nothing",
      modify,
      1,
      { status: "ok", response: { type: "default" } },
      ["timed_out no_answer", "unreadable"],
    ],
  ])("%s", (_, kind, count, payload, expected) => {
    expect(words(readAnswer(kind, count, payload))).toEqual(expected);
  });

  test.each([
    [null],
    [5],
    ["ok"],
    [[]],
    [{}],
    [{ status: "ok" }],
    [{ status: "ok", response: { type: "order", data: null } }],
    [{ status: "err", response: {} }],
  ])("%j is not understood, and nothing is concluded from it", (payload) => {
    expect(words(readAnswer(place, 1, payload))).toEqual(["timed_out no_answer", "unreadable"]);
  });
});

describe("one text for a whole action", () => {
  test.each<[string, string, string[], string[], string[]]>([
    [
      "the limiter",
      LIMITER,
      ["refused too_many_requests"],
      ["refused too_many_requests"],
      ["refused too_many_requests"],
    ],
    [
      "too late",
      texts.ALREADY_EXPIRED,
      ["rejected expired", "expired"],
      ["refused expired", "expired"],
      ["refused expired", "expired"],
    ],
    [
      "nobody",
      texts.unknownSignerText(USER),
      ["refused other_refusal", "signer fatal"],
      ["refused other_refusal", "signer fatal"],
      ["refused other_refusal", "signer fatal"],
    ],
    [
      "no deposit",
      texts.mustDepositText(USER),
      ["refused other_refusal", "signer fatal"],
      ["refused other_refusal", "signer fatal"],
      ["refused other_refusal", "signer fatal"],
    ],
    [
      "a nonce used twice",
      texts.duplicateNonceText(5),
      ["timed_out no_answer", "nonce"],
      ["timed_out no_answer", "nonce"],
      ["timed_out no_answer", "nonce"],
    ],
    [
      "a nonce too low",
      texts.nonceTooLowText(5, 6),
      ["refused other_refusal", "nonce"],
      ["refused other_refusal", "nonce"],
      ["refused other_refusal", "nonce"],
    ],
    [
      "a price off the grid",
      texts.tickText(0),
      ["rejected price_off_grid"],
      ["refused price_off_grid"],
      ["refused price_off_grid"],
    ],
    [
      "too many items",
      texts.OVER_WEIGHT,
      ["rejected other_refusal"],
      ["refused other_refusal"],
      ["refused other_refusal"],
    ],
    [
      "unknown words",
      "The moon is full.",
      ["timed_out no_answer", "other"],
      ["timed_out no_answer", "other"],
      ["timed_out no_answer", "other"],
    ],
  ])("%s", (_, text, placed, modified, cancelled) => {
    const found = [place, modify, cancel].map((kind) => words(readAnswer(kind, 1, err(text))));
    expect(found).toEqual([placed, modified, cancelled]);
    const two = readAnswer(place, 2, err(text));
    expect([two.items.length, two.items[0]]).toEqual([2, two.items[1] as never]);
    expect(two.items[0]?.text).toBe(text);
  });
});

describe("an answer over HTTP", () => {
  const reply = (status: number, text: string): Outcome => readHttp(place, 1, { status, contentType: "", text });
  test.each([
    [200, JSON.stringify(orders(resting(5))), ["resting none 5"], false],
    [200, "<html>", ["timed_out no_answer", "unreadable"], false],
    [200, "null", ["timed_out no_answer", "unreadable"], false],
    [429, "null", ["refused too_many_requests", "limit"], true],
    [422, texts.UNREADABLE_BODY, ["timed_out no_answer", "http"], false],
    [500, "null", ["timed_out no_answer", "http"], false],
    [502, "Bad Gateway", ["timed_out no_answer", "http"], false],
  ])("%d %s", (status, text, expected, isLimited) => {
    const found = reply(status, text);
    expect([words(found), found.isLimited]).toEqual([expected, isLimited]);
  });

  test("what is quoted of it is cut", () => {
    expect(reply(500, "x".repeat(5_000)).problem?.text.length).toBeLessThan(350);
  });
});

describe("a message about posts", () => {
  const post = (data: unknown): string => JSON.stringify({ channel: "post", data });
  const error = (data: string): string => JSON.stringify({ channel: "error", data });
  test.each<[string, string, unknown]>([
    ["an answer", post({ id: 3, response: { type: "action", payload: 1 } }), { id: 3, type: "action", payload: 1 }],
    [
      "a failure",
      post({ id: 3, response: { type: "error", payload: "500 x" } }),
      { id: 3, type: "error", payload: "500 x" },
    ],
    ["an answer without content", post({ id: 3 }), { id: 3, type: "", payload: undefined }],
    [
      "too many posts",
      error(texts.tooManyPostsText(8)),
      { id: 8, type: "error", payload: "429 too many pending post requests id=8" },
    ],
    [
      "a frame that was not understood",
      error(texts.unreadableFrameText('{"method":"post","id":9,"request":{}}')),
      expect.objectContaining({ id: 9, type: "error" }),
    ],
    ["another error", error("Invalid subscription {}"), null],
    ["no number", post({ id: "3" }), null],
    ["no data", '{"channel":"post"}', null],
    ["no JSON", '{"channel":"post",', null],
  ])("%s", (_, text, expected) => {
    expect(readPost(text) as unknown).toEqual(expected);
  });

  test.each([
    ["429 Too Many Requests", ["refused too_many_requests", "limit"], true],
    ["500 Internal Server Error", ["timed_out no_answer", "http"], false],
    ["422 Unprocessable Entity", ["timed_out no_answer", "http"], false],
    [undefined, ["timed_out no_answer", "http"], false],
  ])("a post that failed with %p", (payload, expected, isLimited) => {
    const found = readFailure(1, payload);
    expect([words(found), found.isLimited]).toEqual([expected, isLimited]);
  });
});
