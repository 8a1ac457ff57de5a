/**
 * A simulated day of real orders, and everything that must be true of it.
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert } from "../core/assert.ts";
import { BUY } from "../core/frame.ts";
import { MICRO_PER_USD, US_PER_SECOND } from "../core/units.ts";
import { venueState } from "../exchange/venue_state.ts";
import { WallClock } from "../io/clock.ts";
import { faultProgram } from "../sim/fault_program.ts";
import { LiveStage } from "./live_stage.ts";
import { replayJournal } from "./replay.ts";
import type { MarketReport, Report } from "./report_schema.ts";
import { SEVEN_PERCENT_LEFT } from "./virtual_account.ts";
import { playFaults } from "./virtual_faults.ts";

/** What the address has traded and asked for before. */
export const ACCOUNT_CASES = {
  /** More than can be used: what the engine does when requests cost next to nothing. */
  full: { usedCount: 0, volumeUsd: 10_000_000 },
  seven: SEVEN_PERCENT_LEFT,
} as const;

export interface DayOptions {
  world: string;
  account: keyof typeof ACCOUNT_CASES;
  hours: number;
  seed: number;
  /** Spoils the way to the venue by the seed. */
  faults?: boolean;
}

/** What a second-by-second look at the venue itself counted, whatever the program thinks. */
interface VenueLook {
  seconds: number;
  bothSides: number;
  oneSide: number;
  spent: number;
  surplusMin: number;
}

export interface DayResult {
  options: DayOptions;
  report: Report;
  market: MarketReport;
  venue: VenueLook;
  /** Requests of the address at the venue. */
  requests: { used: number; earned: number; surplusBefore: number; surplusAfter: number };
  replay: { equal: boolean; frames: number; intents: number; difference: unknown };
  /** Equity at the venue less what was paid in, dollars. */
  venuePnlUsd: number;
  moneyMissing: string;
  ordersLeft: number;
  notes: string[];
  /** Of this machine. */
  seconds: number;
  events: number;
  actions: number;
  isEqual: boolean;
}

const FUND_USD = 1_000;
/** What the end may take, market seconds. */
const END_SECONDS = 120;

/** Runs it: the program signs without a key, everything else is bytes. */
export async function liveDay(options: DayOptions): Promise<DayResult> {
  const { world: name, seed, hours } = options;
  const stage = new LiveStage({ world: name, seed }, { fundUsd: FUND_USD, ...ACCOUNT_CASES[options.account] }, true);
  const { world, account: trader } = stage;
  const { limiter } = trader.account;
  const before = { used: limiter.usedCount, cap: limiter.capCount, surplus: limiter.surplusCount };
  const venue = lookAt(stage);
  const folder = mkdtempSync(join(tmpdir(), "mmbin-live-day-"));
  const machine = new WallClock();
  const beganUs = machine.monotonicUs();
  const forSeconds = hours * 3_600;
  const { client, program } = stage.process({ forSeconds, journalFolder: join(folder, "journal") });
  const untilUs = world.clock.nowUs() + (forSeconds + END_SECONDS) * US_PER_SECOND;
  if (options.faults === true) playFaults(world, faultProgram(faultsOf(stage, options)), () => client);
  const report = (await world.runClient(client, program, untilUs)) as Report | null;
  assert(report !== null, `live day: the run ends: ${stage.notes.join("; ")}`);
  const endedUs = machine.monotonicUs();
  const replay = replayJournal(join(folder, "journal"));
  rmSync(folder, { recursive: true });
  const ordersLeft = trader.account.orders.size;
  const wire = { clients: world.door.clientCount, rules: world.plan.ruleCount, struck: world.plan.struckCount };
  return {
    options,
    report,
    market: report.markets[0] as MarketReport,
    venue,
    requests: {
      used: limiter.usedCount - before.used,
      earned: limiter.capCount - before.cap,
      surplusBefore: before.surplus,
      surplusAfter: limiter.surplusCount,
    },
    replay: { equal: replay.equal, frames: replay.frames, intents: replay.intents, difference: replay.difference },
    venuePnlUsd: equityUsd(stage) - FUND_USD,
    moneyMissing: venueState(world.venue, wire)
      .tokens.map((t) => t.difference)
      .join(" "),
    ordersLeft,
    notes: stage.notes,
    seconds: (endedUs - beganUs) / US_PER_SECOND,
    events: world.clock.firedCount,
    actions: world.exchange.actionCount,
    isEqual: report.live?.ledger?.equal === true && replay.equal && ordersLeft === 0,
  };
}

/** Something goes wrong with the way to the venue every few minutes, and is over a minute before the end. */
function faultsOf({ world }: LiveStage, { seed, hours }: DayOptions): Parameters<typeof faultProgram>[0] {
  const fromUs = world.clock.nowUs() + 60 * US_PER_SECOND;
  return { seed, fromUs, untilUs: fromUs + (hours * 3_600 - 120) * US_PER_SECOND, everySeconds: 180, forSeconds: 10 };
}

/** Looks at the account each second from when both sides stood for the first time until the run is told to end. */
function lookAt({ world, account: { account } }: LiveStage): VenueLook {
  const look: VenueLook = { seconds: 0, bothSides: 0, oneSide: 0, spent: 0, surplusMin: Number.POSITIVE_INFINITY };
  const once = (): void => {
    world.clock.setTimer(world.clock.nowUs() + US_PER_SECOND, once);
    let bids = 0;
    let asks = 0;
    for (const { side } of account.orders.values()) {
      if (side === BUY) bids += 1;
      else asks += 1;
    }
    if (look.seconds === 0 && (bids === 0 || asks === 0)) return;
    look.seconds += 1;
    if (bids > 0 && asks > 0) look.bothSides += 1;
    else if (bids > 0 || asks > 0) look.oneSide += 1;
    const { surplusCount } = account.limiter;
    if (surplusCount <= 0) look.spent += 1;
    look.surplusMin = Math.min(look.surplusMin, surplusCount);
  };
  once();
  return look;
}

/** Equity of the account on its market's dex, dollars, at the venue's marks. */
function equityUsd({ account: { account, market } }: LiveStage): number {
  const dex = account.dex(market.dexIndex);
  let sum = dex.cashUsd;
  for (const position of dex.positions.values())
    sum += position.lots * position.market.markPx + (position.isolated ? position.rawUsd : 0);
  return sum / MICRO_PER_USD;
}
