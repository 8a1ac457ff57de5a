/**
 * Questions about orders and fills of a user.
 * @module
 */
import type { OrderRecord } from "../sim/venue/order_record.ts";
import { recordOf } from "../sim/venue/order_record.ts";
import { RETAINED } from "../wire/hyperliquid/facts.ts";
import { ordersOn, printHistoricalOrders, printOpenOrders } from "./order_topics.ts";
import { dexIndexOf } from "./print_account.ts";
import { aggregateFills, liveRecord, printFill, printOrder, printStatus } from "./print_order.ts";
import { type Asked, BAD_VALUE, type Questions } from "./question.ts";
import type { View } from "./topic.ts";
import { newestFills } from "./user_topics.ts";

export const ORDER_QUESTIONS: Questions = {
  openOrders: { fields: ["user", "dex"], answer: openOrders },
  frontendOpenOrders: { fields: ["user", "dex"], answer: frontendOpenOrders },
  orderStatus: { fields: ["user", "oid"], answer: orderStatus },
  historicalOrders: { fields: ["user"], answer: (view, { user }) => printHistoricalOrders(view, user) },
  userFills: { fields: ["user", "aggregateByTime"], answer: fills },
  userFillsByTime: { fields: ["user", "startTime", "endTime", "aggregateByTime", "reversed"], answer: fillsByTime },
  // Nobody can place TWAP orders here.
  userTwapSliceFills: { fields: ["user"], answer: () => [] },
  userTwapSliceFillsByTime: { fields: ["user", "startTime", "endTime"], answer: () => [] },
  twapHistory: { fields: ["user"], answer: () => [] },
};

/** Trigger orders appear as plain reduce-only ones. */
function openOrders(view: View, { user, dex }: Asked): unknown {
  const dexIndex = dexIndexOf(view.venue.spec, dex);
  return dexIndex < 0 ? BAD_VALUE : ordersOn(view, user, dexIndex).map((order) => printOrder(liveRecord(order)));
}

function frontendOpenOrders(view: View, { user, dex }: Asked): unknown {
  const dexIndex = dexIndexOf(view.venue.spec, dex);
  return dexIndex < 0 ? BAD_VALUE : printOpenOrders(view, user, dexIndex);
}

/** The order as of its last change of status: a partly filled one still shows the size that it opened with. */
function orderStatus(view: View, { user, oid }: Asked): unknown {
  const found = recordBy(view, user, oid);
  return found === null ? { status: "unknownOid" } : { status: "order", order: printStatus(found) };
}

function recordBy(view: View, user: string, id: number | string): OrderRecord | null {
  const account = view.venue.find(user);
  const history = view.history.account(account);
  const oid = typeof id === "number" ? id : history.cloids.get(id);
  const known = oid === undefined ? undefined : history.orders.get(oid);
  if (known !== undefined) return known;
  // An order that rests outlasts the newest 2,000.
  const live = typeof id === "number" ? account?.orders.get(id) : account?.cloids.get(id);
  return live === undefined ? null : recordOf(live, live.status, live.statusLots);
}

function fills(view: View, { user, aggregateByTime }: Asked): unknown {
  const { tokens } = view.venue.spec;
  const found = newestFills(view, user);
  return aggregateByTime ? aggregateFills(found, tokens) : found.map((fill) => printFill(fill, tokens));
}

/** Fills of a range, oldest first, at most 2,000: the next page begins behind the last. */
function fillsByTime(view: View, asked: Asked): unknown {
  const { tokens } = view.venue.spec;
  const { fills: all } = view.history.account(view.venue.find(asked.user));
  const within = all.filter((fill) => fill.timeMs >= asked.startTime && fill.timeMs <= asked.endTime);
  const found = (asked.reversed ? within.reverse() : within).slice(0, RETAINED.answerMax);
  return asked.aggregateByTime ? aggregateFills(found, tokens) : found.map((fill) => printFill(fill, tokens));
}
