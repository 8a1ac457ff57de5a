/**
 * Answers to the questions about an account that concern no order: requests left, money on spot.
 * @module
 */
import type { MicroUsd } from "../../core/units.ts";
import type { QuotaFact } from "./account_facts.ts";
import { microUsd } from "./account_messages.ts";
import { rateLimitSchema } from "./schema.ts";
import { spotStateSchema } from "./schema_account.ts";

/** What a token's balance is, dollars of a dollar token as micro-dollars. */
export interface SpotBalance {
  coin: string;
  totalUsd: MicroUsd;
  /** Held back by open orders and, on a unified account, by positions. */
  holdUsd: MicroUsd;
}

/** `userRateLimit`; null where it is not understood. */
export function readQuota(response: unknown): QuotaFact | null {
  const parsed = rateLimitSchema.safeParse(response);
  if (!parsed.success) return null;
  const { nRequestsUsed, nRequestsCap, nRequestsSurplus, cumVlm } = parsed.data;
  return {
    kind: "quota",
    usedCount: nRequestsUsed,
    capCount: nRequestsCap,
    reservedCount: nRequestsSurplus,
    volumeUsd: microUsd(cumVlm),
  };
}

/** `spotClearinghouseState`; null where it is not understood. */
export function readSpot(response: unknown): SpotBalance[] | null {
  const parsed = spotStateSchema.safeParse(response);
  if (!parsed.success) return null;
  return parsed.data.balances.map(({ coin, total, hold }) => ({
    coin,
    totalUsd: microUsd(total),
    holdUsd: microUsd(hold),
  }));
}
