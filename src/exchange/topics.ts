/**
 * From a subscription to the topic that serves it.
 * @module
 */
import { assert } from "../core/assert.ts";
import type { VenueMarket } from "../sim/venue/market.ts";
import { BboTopic, BookTopic, CandleTopic, ContextTopic, TradesTopic } from "./market_topics.ts";
import { HistoricalOrdersTopic, OpenOrdersTopic, OrderUpdatesTopic } from "./order_topics.ts";
import { dexIndexOf } from "./print_account.ts";
import { printSpotContexts } from "./print_spot.ts";
import {
  ActiveAssetTopic,
  AllClearinghousesTopic,
  ClearinghouseTopic,
  SpotTopic,
  WebDataTopic,
} from "./state_topics.ts";
import type { Subscription } from "./subscription.ts";
import { AllContextsTopic, ContextsTopic, FastContextsTopic, MidsTopic } from "./summary_topics.ts";
import { EmptyTopic, frameOf, type Topic, type View } from "./topic.ts";
import { EventsTopic, FillsTopic, FundingsTopic, LedgerTopic, NotificationTopic } from "./user_topics.ts";

/** Makes the topic of a subscription that is canonical and served. */
export function makeTopic(view: View, s: Subscription): Topic {
  if (s.user !== undefined) return ofUser(view, s, s.user);
  return s.coin !== undefined ? ofMarket(view, s, s.coin) : ofVenue(view, s);
}

function ofMarket(view: View, s: Subscription, coin: string): Topic {
  const market = view.venue.marketByCoin(coin) as VenueMarket;
  switch (s.type) {
    case "bbo":
      return new BboTopic(view, market);
    case "l2Book":
      return new BookTopic(view, market, s);
    case "trades":
      return new TradesTopic(view, market);
    case "candle":
      return new CandleTopic(view, market, s.interval as string);
    case "activeAssetCtx":
      return new ContextTopic(view, market);
    default:
      return unknown();
  }
}

function ofVenue(view: View, s: Subscription): Topic {
  const dex = s.dex ?? "";
  const dexIndex = dexIndexOf(view.venue.spec, dex);
  switch (s.type) {
    case "allMids":
      return new MidsTopic(view, dexIndex, dex);
    case "assetCtxs":
      return new ContextsTopic(view, dexIndex, dex);
    case "allDexsAssetCtxs":
      return new AllContextsTopic(view);
    case "fastAssetCtxs":
      return new FastContextsTopic(view);
    case "spotAssetCtxs":
      return new EmptyTopic(view, [frameOf("spotAssetCtxs", printSpotContexts())]);
    case "outcomeMetaUpdates":
      return new EmptyTopic(view, []);
    default:
      return unknown();
  }
}

function ofUser(view: View, s: Subscription, user: string): Topic {
  const dex = s.dex ?? "";
  const dexIndex = dexIndexOf(view.venue.spec, dex);
  switch (s.type) {
    case "orderUpdates":
      return new OrderUpdatesTopic(view);
    case "openOrders":
      return new OpenOrdersTopic(view, user, dexIndex);
    case "userHistoricalOrders":
      return new HistoricalOrdersTopic(view, user);
    case "userFills":
      return new FillsTopic(view, user, s.aggregateByTime === true);
    case "userEvents":
      return new EventsTopic(view);
    case "userFundings":
      return new FundingsTopic(view, user);
    case "userNonFundingLedgerUpdates":
      return new LedgerTopic(view, user);
    case "notification":
      return new NotificationTopic(view);
    case "clearinghouseState":
      return new ClearinghouseTopic(view, user, dexIndex);
    case "allDexsClearinghouseState":
      return new AllClearinghousesTopic(view, user);
    case "spotState":
      return new SpotTopic(view, user);
    case "activeAssetData":
      return new ActiveAssetTopic(view, user, view.venue.marketByCoin(s.coin as string) as VenueMarket);
    case "webData2":
      return new WebDataTopic(view, user, 2);
    case "webData3":
      return new WebDataTopic(view, user, 3);
    // Nobody can place TWAP orders here: lists are empty.
    case "userTwapSliceFills":
      return new EmptyTopic(view, [frameOf(s.type, { isSnapshot: true, user, twapSliceFills: [] })]);
    case "userTwapHistory":
      return new EmptyTopic(view, [frameOf(s.type, { isSnapshot: true, user, history: [] })]);
    case "twapStates":
      return new EmptyTopic(view, [frameOf(s.type, { dex, user, states: [] })]);
    default:
      return unknown();
  }
}

function unknown(): Topic {
  return assert(false, "topics: every subscription has a topic") as never;
}
