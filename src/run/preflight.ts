/**
 * What must hold before the first real order: each check with what was found and how to mend it.
 * @module
 */
import type { InstrumentFacts } from "../core/market/instrument.ts";
import type { MarketParams } from "../core/params.ts";
import { BPS, formatScaled, MICRO_PER_USD, type MicroUsd, US_PER_MS } from "../core/units.ts";
import { UserError } from "../io/exit.ts";
import type { ClockOffset, InfoClient } from "../venue/hyperliquid/info.ts";
import { readQuota, readSpot } from "../wire/hyperliquid/account_answers.ts";
import type { DexStateFact, OrderFact, QuotaFact } from "../wire/hyperliquid/account_facts.ts";
import type { AccountCodec } from "../wire/hyperliquid/account_messages.ts";
import { dexOf } from "../wire/hyperliquid/instrument.ts";
import { activeAssetSchema, type Leverage } from "../wire/hyperliquid/schema_account.ts";
import { type Agent, leftText } from "./agent_check.ts";

export type CheckState = "ok" | "warn" | "fail";

/** One thing looked at. */
export interface Check {
  name: string;
  state: CheckState;
  /** What was found. */
  text: string;
  /** What to do about it; "" where nothing. */
  mend: string;
  /** Exit code of a refusal for it. */
  exitCode: number;
}

/** What the checks look at. */
export interface PreflightInput {
  info: InfoClient;
  codec: AccountCodec;
  account: string;
  agent: Agent;
  markets: readonly string[];
  facts: readonly InstrumentFacts[];
  params: readonly MarketParams[];
  /** Null where the venue's clock could not be asked. */
  offset: ClockOffset | null;
  nowMs: number;
  /** Markets that the last run found not to pay, of late. */
  notViable: readonly string[];
  allowNotViable: boolean;
  allowThrottled: boolean;
}

/** What was found, for whoever goes on. */
export interface PreflightResult {
  checks: Check[];
  quota: QuotaFact;
  states: DexStateFact[];
  orders: OrderFact[];
  /** Leverage of each market at the venue. */
  leverages: Leverage[];
}

/** Clock further off than this: what came first is not known any more. */
const OFFSET_US_MAX = 1_000_000;
/** Less surplus than this many minimum ladders is warned of: two sides, placed and moved a few times. */
const SURPLUS_FEW = 100;

/** Looks at everything and refuses nothing: `refuse` does. Throws only where the venue does not answer. */
export async function preflight(input: PreflightInput): Promise<PreflightResult> {
  const { info, account, markets, codec } = input;
  const checks: Check[] = [keyCheck(input), clockCheck(input.offset)];
  const dexs = [...new Set(markets.map(dexOf))];
  const states: DexStateFact[] = [];
  const orders: OrderFact[] = [];
  for (const dex of dexs) {
    const where = dex === "" ? {} : { dex };
    states.push(
      ...codec.state(dex, (await info.ask({ type: "clearinghouseState", user: account, ...where })).response).facts,
    );
    orders.push(
      ...codec.openOrders((await info.ask({ type: "frontendOpenOrders", user: account, ...where })).response).facts,
    );
  }
  const leverages: Leverage[] = [];
  for (const coin of markets) leverages.push(await leverageOf(info, account, coin));
  const quota = readQuota((await info.ask({ type: "userRateLimit", user: account })).response);
  if (quota === null) throw new UserError(6, "the venue's answer to userRateLimit is not understood");
  checks.push(await modeCheck(info, account));
  for (const dex of dexs) checks.push(await fundsCheck(input, dex, states.find((s) => s.dex === dex) ?? null));
  markets.forEach((market, i) => {
    const facts = input.facts[i] as InstrumentFacts;
    const params = input.params[i] as MarketParams;
    checks.push(listedCheck(market, facts), leverageCheck(market, params, leverages[i] as Leverage));
    checks.push(feeCheck(market, facts));
  });
  checks.push(quotaCheck(quota, input), viabilityCheck(input), legacyCheck(states, orders));
  return { checks, quota, states, orders, leverages };
}

/** Throws for the first check that failed, naming all of them. */
export function refuse(checks: readonly Check[]): void {
  const failed = checks.filter((check) => check.state === "fail");
  const [first] = failed;
  if (first === undefined) return;
  throw new UserError(first.exitCode, failed.map((check) => `${check.name}: ${check.text}: ${check.mend}`).join("\n"));
}

const check = (name: string, state: CheckState, text: string, mend = "", exitCode = 0): Check => ({
  name,
  state,
  text,
  mend,
  exitCode,
});

const usd = (micro: MicroUsd): string => `$${(micro / MICRO_PER_USD).toFixed(2)}`;

function keyCheck({ agent, nowMs }: PreflightInput): Check {
  const left = agent.validUntilMs === null ? "" : `, ${leftText(agent.validUntilMs - nowMs)} left`;
  const text = agent.isMaster ? "the account's own key" : `agent ${agent.agentName ?? "without a name"}${left}`;
  if (agent.warning === null) return check("key", "ok", `${text} of ${agent.account}`);
  return check("key", "warn", agent.warning, "approve a new agent");
}

function clockCheck(offset: ClockOffset | null): Check {
  if (offset === null) return check("clock", "fail", "the venue does not say what time it is", "try again", 5);
  const ms = Math.round(offset.offsetUs / US_PER_MS);
  const text = `the venue's clock is ${Math.abs(ms)} ms ${ms < 0 ? "behind" : "ahead"}, known to ${Math.round(offset.errorUs / US_PER_MS)} ms`;
  return Math.abs(offset.offsetUs) > OFFSET_US_MAX
    ? check("clock", "fail", text, "set this machine's clock", 7)
    : check("clock", "ok", text);
}

/** Unified accounts have one pot for all dexs and a daily count of actions that no answer tells. */
async function modeCheck(info: InfoClient, account: string): Promise<Check> {
  const { response } = await info.ask({ type: "userAbstraction", user: account });
  const mode = typeof response === "string" ? response : "unknown";
  if (mode === "unifiedAccount" || mode === "portfolioMargin")
    return check(
      "mode",
      "warn",
      `the account is ${mode}: it may do 50,000 actions a day, which nothing counts here`,
      "watch for refusals",
    );
  return check("mode", "ok", mode);
}

async function fundsCheck(input: PreflightInput, dex: string, state: DexStateFact | null): Promise<Check> {
  const name = dex === "" ? "funds" : `funds ${dex}`;
  const needed = input.markets.reduce(
    (sum, market, i) => sum + (dexOf(market) === dex ? (input.params[i] as MarketParams).isolatedMarginUsd : 0),
    0,
  );
  if (state === null) return check(name, "fail", "the account's state is not understood", "update this program", 6);
  let has = state.accountValueUsd;
  if (has < needed) {
    // A unified account keeps its money on spot.
    const spot = readSpot((await input.info.ask({ type: "spotClearinghouseState", user: input.account })).response);
    const mode = (await input.info.ask({ type: "userAbstraction", user: input.account })).response;
    if (mode === "unifiedAccount" || mode === "portfolioMargin")
      has += (spot ?? []).reduce((most, one) => Math.max(most, one.totalUsd), 0);
  }
  const place = dex === "" ? "the venue's own dex" : `dex ${dex}`;
  const text = `${usd(has)} in ${place}, margin for the caps is ${usd(needed)}`;
  return has >= needed
    ? check(name, "ok", text)
    : check(name, "fail", text, `transfer ${usd(needed - has)} of its collateral there, or lower capital_usd`, 3);
}

async function leverageOf(info: InfoClient, account: string, coin: string): Promise<Leverage> {
  const { response } = await info.ask({ type: "activeAssetData", user: account, coin });
  const parsed = activeAssetSchema.safeParse(response);
  if (!parsed.success) throw new UserError(6, `the venue's answer to activeAssetData of ${coin} is not understood`);
  return parsed.data.leverage;
}

function leverageCheck(market: string, params: MarketParams, leverage: Leverage): Check {
  const text = `${leverage.value}x ${leverage.type}`;
  if (params.leverage === 0 || params.leverage === leverage.value) return check(`leverage ${market}`, "ok", text);
  const mend = `set it to ${params.leverage}x at the venue, or leverage = ${leverage.value} here`;
  return check(`leverage ${market}`, "fail", `${text} at the venue, ${params.leverage}x in the settings`, mend, 3);
}

function listedCheck(market: string, facts: InstrumentFacts): Check {
  return facts.delisted
    ? check(market, "fail", "is delisted", "trade another market", 2)
    : check(market, "ok", `asset ${facts.assetId}, ${facts.szDecimals} decimals of size`);
}

function feeCheck(market: string, facts: InstrumentFacts): Check {
  const bps = (frac: number): string => formatScaled(Math.round((frac / BPS) * 1e4), 4);
  return check(`fee ${market}`, "ok", `maker ${bps(facts.makerFeeFrac)} bps, taker ${bps(facts.takerFeeFrac)} bps`);
}

function quotaCheck(quota: QuotaFact, input: PreflightInput): Check {
  const surplus = quota.capCount + quota.reservedCount - quota.usedCount;
  const reserve = Math.max(...input.params.map((p) => p.reserveCount));
  const share = ((100 * surplus) / quota.capCount).toFixed(1);
  const text = `${surplus} of ${quota.capCount} requests left (${share} %)`;
  if (surplus > reserve + SURPLUS_FEW) return check("requests", "ok", text);
  if (surplus > reserve) return check("requests", "warn", text, "trade larger and less often, or buy some");
  const mend = "trade by hand or buy requests at the venue, or go on at one action in 10 s with --allow-throttled";
  return check("requests", input.allowThrottled ? "warn" : "fail", text, mend, 9);
}

function viabilityCheck({ notViable, allowNotViable }: PreflightInput): Check {
  if (notViable.length === 0)
    return check("viability", "ok", "nothing speaks against it: judged as the market is seen");
  const text = `${notViable.join(", ")}: the last run found that no depth earns there`;
  return check(
    "viability",
    allowNotViable ? "warn" : "fail",
    text,
    "trade another market, or say --allow-not-viable",
    7,
  );
}

function legacyCheck(states: readonly DexStateFact[], orders: readonly OrderFact[]): Check {
  const positions = states.flatMap((s) => s.positions.map((p) => `${p.sizeText} ${p.coin}`));
  const resting = orders.filter((order) => !order.isTrigger).length;
  const text = `${positions.length === 0 ? "no position" : positions.join(", ")}, ${resting} order(s)`;
  return positions.length + resting === 0
    ? check("account", "ok", text)
    : check("account", "warn", text, "those of the markets traded are taken over");
}
