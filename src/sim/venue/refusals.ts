/**
 * From the status of a refused order to the text that its sender gets.
 * @module
 */
import { formatScaled, type Px } from "../../core/units.ts";
import * as texts from "../../wire/hyperliquid/errors.ts";
import type { VenueMarket } from "./market.ts";
import type { OrderStatus } from "./order.ts";

/** Text of a status that ends in `Rejected`, about an order in `market` as its book is now. */
export function refusalText(status: OrderStatus, market: VenueMarket): string {
  const assetId = market.assetId;
  if (status === "badAloPxRejected") return texts.badAloPxText(touchText(market, 1), touchText(market, -1), assetId);
  const text = TEXTS[status];
  return text === undefined ? texts.haltedText(assetId) : text(assetId);
}

const TEXTS: { readonly [status in OrderStatus]?: (assetId: number) => string } = {
  tickRejected: texts.tickText,
  minTradeNtlRejected: texts.minNotionalText,
  perpMarginRejected: texts.marginText,
  perpMaxPositionRejected: texts.maxPositionText,
  reduceOnlyRejected: texts.reduceOnlyText,
  iocCancelRejected: texts.iocCancelText,
  badTriggerPxRejected: texts.badTriggerPxText,
  marketOrderNoLiquidityRejected: texts.noLiquidityText,
  positionIncreaseAtOpenInterestCapRejected: texts.openInterestCapText,
  positionFlipAtOpenInterestCapRejected: texts.openInterestCapText,
  tooAggressiveAtOpenInterestCapRejected: texts.tooAggressiveText,
  openInterestIncreaseRejected: texts.openInterestIncreaseText,
  oracleRejected: texts.oracleText,
  tooManyOpenOrdersRejected: texts.tooManyOpenOrdersText,
};

/** A side's best price as these texts print it; no source shows an empty side. */
function touchText(market: VenueMarket, side: 1 | -1): string {
  const px: Px | null = market.book.bestPx(side);
  return px === null ? "None" : formatScaled(px, market.pxDecimals);
}

/** The first order of a normalTpsl group is a trigger (recorded by many clients, 2025 and 2026). */
export const MAIN_ORDER_IS_TRIGGER = "Main order cannot be trigger order.";
// No source has the wording of the texts below.
/** An action without an item. */
export const EMPTY_BATCH = "Batch is empty.";
/** No such asset. */
export function unknownAssetText(assetId: number): string {
  return `Asset does not exist. asset=${assetId}`;
}
/** The account has a live order under this client id. */
export function duplicateCloidText(assetId: number): string {
  return `Order with this cloid is already open. asset=${assetId}`;
}
/** Above the largest notional for the market's leverage. */
export function notionalText(assetId: number): string {
  return `Order value exceeds the maximum at this leverage. asset=${assetId}`;
}
