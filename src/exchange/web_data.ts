/**
 * What frontends are told about a user in one piece.
 * @module
 */
import { MICRO_PER_USD } from "../core/units.ts";
import type { VenueAccount } from "../sim/venue/account.ts";
import type { LedgerEntry } from "../sim/venue/events.ts";
import { formatUsd } from "../wire/hyperliquid/format.ts";
import { printOpenOrders } from "./order_topics.ts";
import { printClearinghouse, printSpot } from "./print_account.ts";
import { printCapped, printMeta } from "./print_meta.ts";
import { printSpotContexts } from "./print_spot.ts";
import { printContexts } from "./summary_topics.ts";
import type { View } from "./topic.ts";

/** `webData2`: the venue's own dex. */
export function printWebData2(view: View, user: string): object {
  const { venue } = view;
  const account = venue.find(user);
  return {
    clearinghouseState: printClearinghouse(account, 0, venue.nowMs),
    leadingVaults: [],
    totalVaultEquity: "0.0",
    openOrders: printOpenOrders(view, user, 0),
    ...agentOf(account),
    cumLedger: printCumLedger(view, user),
    meta: printMeta(view, 0),
    assetCtxs: printContexts(view, 0),
    serverTime: venue.nowMs,
    isVault: false,
    user,
    twapStates: [],
    spotState: printSpot(account, venue.spec.tokens),
    spotAssetCtxs: printSpotContexts(),
    perpsAtOpenInterestCap: printCapped(view, 0),
  };
}

/** `webData3`: the user, and each dex in its order. */
export function printWebData3(view: View, user: string): object {
  const { venue } = view;
  return {
    userState: {
      ...agentOf(venue.find(user)),
      cumLedger: printCumLedger(view, user),
      serverTime: venue.nowMs,
      isVault: false,
      user,
      abstraction: "disabled",
    },
    perpDexStates: venue.spec.dexs.map((_, index) => ({
      totalVaultEquity: "0.0",
      perpsAtOpenInterestCap: printCapped(view, index),
      leadingVaults: [],
    })),
  };
}

function agentOf(account: VenueAccount | null): { agentAddress: string | null; agentValidUntil: number | null } {
  const agent = account?.agents.get("");
  return { agentAddress: agent?.address ?? null, agentValidUntil: agent?.validUntilMs ?? null };
}

/** What came in less what went out, dollars, by the ledger that is kept. */
function printCumLedger(view: View, user: string): string {
  const { ledger } = view.history.account(view.venue.find(user));
  const sum = ledger.reduce((total, entry) => total + flowOf(entry, user), 0);
  return formatUsd(Math.round(sum * MICRO_PER_USD));
}

function flowOf({ delta }: LedgerEntry, user: string): number {
  const amount = Number(delta.usdc ?? delta.usdcValue ?? 0);
  if (delta.type === "deposit") return amount;
  if (delta.type === "withdraw") return -amount - Number(delta.fee);
  if (delta.user === delta.destination) return 0;
  if (delta.user === user) return -amount;
  return delta.destination === user ? amount : 0;
}
