/**
 * An account at a simulated venue as a trader would have set it up: funded where it trades, with a key of its own for the program.
 * @module
 */
import { assert } from "../core/assert.ts";
import { MICRO_PER_USD } from "../core/units.ts";
import { type TestKey, testKeys } from "../exchange/test_keys.ts";
import type { VenueAccount } from "../sim/venue/account.ts";
import type { VenueMarket } from "../sim/venue/market.ts";
import type { Venue } from "../sim/venue/venue.ts";

export interface VirtualAccountOptions {
  /** Market traded: its dex is funded, in its collateral, and leverage is set on it. */
  coin: string;
  /** Collateral paid in, dollars. */
  fundUsd: number;
  /** Requests that the address has used, and its credited volume, dollars. */
  usedCount?: number;
  volumeUsd?: number;
  /** Left out, the venue's own choice stays: cross where the market allows it, at the venue's default. */
  leverage?: number;
  isolated?: boolean;
  /** Keys are derived from it, public ones. Left out: 1. */
  seed?: number;
}

export interface VirtualAccount {
  master: TestKey;
  /** Approved to trade for the master. */
  agent: TestKey;
  account: VenueAccount;
  market: VenueMarket;
}

/**
 * An address with little left: 66,000 requests in all for $56,000 traded, 61,400 of them used, so that 4,600 (7 %) remain. A real address that
 * stood there could hardly trade.
 */
export const SEVEN_PERCENT_LEFT = { usedCount: 61_400, volumeUsd: 56_000 } as const;

const AGENT_NAME = "mmbin";

/** Opens it by the venue's own calls, in no time: nothing of it counts as requests. */
export function openVirtualAccount(venue: Venue, options: VirtualAccountOptions): VirtualAccount {
  const { coin, fundUsd, usedCount = 0, volumeUsd = 0, leverage, isolated, seed = 1 } = options;
  const [master, agent] = testKeys(seed, 2) as [TestKey, TestKey];
  const market = venue.marketByCoin(coin);
  assert(market !== null, "virtual account: the market is at the venue");
  const account = venue.fund(master.address, market.dexIndex, Math.round(fundUsd * MICRO_PER_USD));
  account.limiter.usedCount = usedCount;
  account.limiter.volumeUsd = Math.round(volumeUsd * MICRO_PER_USD);
  const approval = {
    type: "approveAgent" as const,
    hyperliquidChain: venue.spec.chain,
    signatureChainId: "0x66eee",
    agentAddress: agent.address,
    agentName: AGENT_NAME,
    nonce: venue.nowMs,
  };
  assert(venue.administration.approveAgent(account, approval) === null, "virtual account: the agent is approved");
  if (leverage !== undefined || isolated !== undefined) {
    const isCross = !(isolated ?? market.spec.marginMode !== "normal");
    const refusal = venue.clearing.updateLeverage(account, market, isCross, leverage ?? market.spec.maxLeverage);
    assert(refusal === null, "virtual account: the market allows this leverage");
  }
  return { master, agent, account, market };
}
