/**
 * Subscriptions as they are asked for and as the venue writes them back.
 * @module
 */

/** A channel of one market. */
export interface MarketSubscription {
  type: "l2Book" | "bbo" | "trades" | "activeAssetCtx";
  coin: string;
  fast?: true;
}

/** A channel of one account: anybody may follow it, no signature is asked for. `dex` is "" for the venue's own. */
export type AccountSubscription =
  | { type: "orderUpdates" | "userFills" | "userEvents" | "userFundings"; user: string }
  | { type: "openOrders" | "clearinghouseState"; user: string; dex: string };

export type Subscription = MarketSubscription | AccountSubscription;

/** Channels that a market needs: both forms of the book, touch, trades, context. */
export function subscriptionsOf(coins: readonly string[]): Subscription[] {
  return coins.flatMap((coin): Subscription[] => [
    { type: "bbo", coin },
    { type: "l2Book", coin, fast: true },
    { type: "l2Book", coin },
    { type: "trades", coin },
    { type: "activeAssetCtx", coin },
  ]);
}

/** Channels that an account needs: its orders, fills, events and funding once, its open orders and its state in each dex. */
export function accountSubscriptionsOf(user: string, dexs: readonly string[]): Subscription[] {
  return [
    { type: "orderUpdates", user },
    { type: "userFills", user },
    { type: "userEvents", user },
    { type: "userFundings", user },
    ...dexs.flatMap((dex): Subscription[] => [
      { type: "openOrders", user, dex },
      { type: "clearinghouseState", user, dex },
    ]),
  ];
}

/** What tells subscriptions apart, however they are written: users in lower case, what may be left out filled in. */
export function keyOf(subscription: Subscription): string {
  if ("coin" in subscription)
    return `${subscription.type} ${subscription.coin}${subscription.fast === true ? " fast" : ""}`;
  const dex = "dex" in subscription ? ` ${subscription.dex}` : "";
  return `${subscription.type} ${subscription.user.toLowerCase()}${dex}`;
}

/** Key of the subscription that an acknowledgement is about, or "" for what is none of a subscribe. */
export function acknowledgedKey(text: string): string {
  try {
    const { data } = JSON.parse(text) as { data?: { method?: unknown; subscription?: unknown } };
    return data?.method === "unsubscribe" ? "" : echoedKey(data?.subscription);
  } catch {
    return "";
  }
}

/** Key of the subscription that an error says we have, or "". */
export function alreadySubscribedKey(text: string): string {
  try {
    const words = (JSON.parse(text) as { data?: unknown }).data;
    const prefix = "Already subscribed: ";
    return typeof words === "string" && words.startsWith(prefix)
      ? echoedKey(JSON.parse(words.slice(prefix.length)))
      : "";
  } catch {
    return "";
  }
}

const DEX_TYPES: ReadonlySet<string> = new Set(["openOrders", "clearinghouseState"]);

function echoedKey(echo: unknown): string {
  const { type, coin, user, dex, fast } = (echo ?? {}) as { readonly [name: string]: unknown };
  if (typeof type !== "string") return "";
  if (typeof coin === "string") return keyOf({ type, coin, ...(fast === true && { fast }) } as MarketSubscription);
  if (typeof user !== "string") return "";
  const place = DEX_TYPES.has(type) ? { dex: typeof dex === "string" ? dex : "" } : {};
  return keyOf({ type, user, ...place } as AccountSubscription);
}
