import { describe, expect, test } from "bun:test";
import { hyperliquid } from "ccxt";
import * as errors from "../../src/wire/hyperliquid/errors.ts";
import { refusalText } from "../../src/wire/hyperliquid/facts.ts";

const A = "0x14791697260e4c9a71f18484c9f997b308e59325";
const SUBSCRIPTION = '{"type":"trades","coin":"ETH"}';

/** As answered by the live venue and quoted by its users, to the letter. */
const RECORDED: readonly [text: string, recorded: string][] = [
  [errors.tickText(0), "Price must be divisible by tick size. asset=0"],
  [errors.minNotionalText(173), "Order must have minimum value of $10. asset=173"],
  [errors.marginText(4), "Insufficient margin to place order. asset=4"],
  [errors.reduceOnlyText(4), "Reduce only order would increase position. asset=4"],
  [
    errors.badAloPxText("84441", "84442", 0),
    "Post only order would have immediately matched, bbo was 84441@84442. asset=0",
  ],
  [errors.iocCancelText(0), "Order could not immediately match against any resting orders. asset=0"],
  [errors.badTriggerPxText(187), "Invalid TP/SL price. asset=187"],
  [errors.oracleText(110_029), "Price too far from oracle asset=110029"],
  [errors.spotBalanceText(10_107), "Insufficient spot balance asset=10107"],
  [errors.missingOrderText(4), "Order was never placed, already canceled, or filled. asset=4"],
  [errors.farPriceText(80), "Order price cannot be more than 80% away from the reference price"],
  [
    errors.modifyPlaceText(errors.badAloPxText("1", "2", 3)),
    "Error placing new order during modify: Post only order would have immediately matched, bbo was 1@2. asset=3",
  ],
  [errors.unknownSignerText(A), `User or API Wallet ${A} does not exist.`],
  [errors.mustDepositText(A), `Must deposit before performing actions. User: ${A}`],
  [errors.vaultNotRegisteredText(A), `Vault not registered: ${A}`],
  [errors.duplicateNonceText(1_741_107_452_532), "Invalid nonce: duplicate nonce 1741107452532"],
  [errors.nonceTooLowText(1, 2), "Invalid nonce: nonce too low 1 < 2"],
  [
    errors.scheduledCancelVolumeText("12066.75"),
    "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $12066.75.",
  ],
  [errors.tooManyAgentsText(3), "Too many extra agents for cumulative volume traded. Current limit is 3"],
  [errors.subAccountNotRegisteredText("0x1", "0x2"), "Sub-account 0x1 is not registered to 0x2"],
  [errors.subAccountTransferText("0x1", "0x2"), "Invalid sub-account transfer from 0x1 to 0x2"],
  [errors.twapDurationText(1), "Invalid TWAP duration: 1 min(s)"],
  [
    refusalText(37_986, 10_437, "437.92"),
    "Too many cumulative requests sent (37986 > 10436) for cumulative volume traded $437.92. " +
      "Place taker orders to free up 1 request per USDC traded.",
  ],
  [errors.postFailureText(500), "500 Internal Server Error"],
  [errors.alreadySubscribedText(SUBSCRIPTION), `Already subscribed: ${SUBSCRIPTION}`],
  [errors.alreadyUnsubscribedText(SUBSCRIPTION), `Already unsubscribed: ${SUBSCRIPTION}`],
  [errors.invalidSubscriptionText(SUBSCRIPTION), `Invalid subscription ${SUBSCRIPTION}`],
  [errors.unreadableFrameText("{"), "Error parsing JSON into valid websocket request: {"],
  [errors.tooManyPostsText(1234), "too many pending post requests id=1234"],
  [errors.tooManyUsersText(15), "Cannot track more than 15 total users."],
];

test.each(RECORDED)("%s", (text, recorded) => {
  expect(text).toBe(recorded);
});

describe("texts that end in an asset or in nothing", () => {
  test.each([
    [errors.noLiquidityText(3), "No liquidity available for market order. asset=3"],
    [errors.openInterestCapText(3), "Order would increase open interest while open interest is capped asset=3"],
    [
      errors.tooAggressiveText(3),
      "Order rejected due to price more aggressive than oracle while at open interest cap asset=3",
    ],
    [errors.openInterestIncreaseText(3), "Order would increase open interest too quickly asset=3"],
    [errors.maxPositionText(3), "Order would cause position to exceed margin tier limit at current leverage asset=3"],
    [errors.haltedText(99), "Trading is halted. asset=99"],
  ])("%s", (text, expected) => {
    expect(text).toBe(expected);
  });
});

test("each text by which ccxt knows an error is in one of ours", () => {
  const constants = Object.values(errors).filter((value) => typeof value === "string");
  const ours = [...constants, ...RECORDED.map(([text]) => text), errors.noLiquidityText(3)];
  const exceptions = new hyperliquid().describe().exceptions as { broad: { [text: string]: unknown } };
  const known = Object.keys(exceptions.broad);
  expect(known.length).toBeGreaterThan(15);
  expect(known.filter((text) => !ours.some((own) => own.includes(text)))).toEqual([]);
});
