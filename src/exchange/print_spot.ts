/**
 * What the local exchange says of spot, where nothing trades: its tokens, and the one pair without which clients do not start.
 * @module
 */
import type { TokenSpec } from "../sim/venue/spec.ts";
import type { View } from "./topic.ts";

/**
 * The first pair of mainnet, listed and never quoted: a third-party client takes a venue without any spot pair for broken (August 2026). Token id
 * as on mainnet.
 */
const PURR: TokenSpec = {
  index: 1,
  name: "PURR",
  tokenId: "0xc1fb593aeffbeb02f85e0308e9956a90",
  szDecimals: 0,
  weiDecimals: 5,
};
const PAIR = { tokens: [PURR.index, 0], name: "PURR/USDC", index: 0, isCanonical: true };

/** `spotMeta`: tokens by index, of which dexs take some as collateral. */
export function printSpotMeta(view: View): object {
  const own = view.venue.spec.tokens;
  const all = own.some((token) => token.index === PURR.index) ? own : [...own, PURR];
  return { universe: [PAIR], tokens: [...all].sort((a, b) => a.index - b.index).map(printToken) };
}

/** Contexts in the order of the pairs: no price, no volume. */
export function printSpotContexts(): object[] {
  return [
    {
      prevDayPx: "0.0",
      dayNtlVlm: "0.0",
      markPx: "0.0",
      midPx: null,
      circulatingSupply: "0.0",
      coin: PAIR.name,
      totalSupply: "0.0",
      dayBaseVlm: "0.0",
    },
  ];
}

function printToken(token: TokenSpec): object {
  return {
    name: token.name,
    szDecimals: token.szDecimals,
    weiDecimals: token.weiDecimals,
    index: token.index,
    tokenId: token.tokenId,
    isCanonical: true,
    evmContract: null,
    fullName: null,
    deployerTradingFeeShare: "0.0",
  };
}
