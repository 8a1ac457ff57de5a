/**
 * What an operator of the local exchange may do that no client may: time, faults, markets, money. For tests; never on a real venue.
 * @module
 */
import { formatScaled, MICRO_PER_USD, parseScaled, US_PER_MS } from "../core/units.ts";
import { applies, type FaultPlan, type FaultRule } from "../sim/fault.ts";
import type { VenueAccount } from "../sim/venue/account.ts";
import type { VenueMarket } from "../sim/venue/market.ts";
import type { Venue } from "../sim/venue/venue.ts";
import type { World } from "../sim/world/world.ts";
import { CONTROL_HELP, type ControlCommand, type FaultCommand, parseControl } from "./control_schema.ts";
import type { FaultyDoor } from "./faulty.ts";
import type { Host } from "./host.ts";
import { venueState } from "./venue_state.ts";
import type { HttpReply } from "./wire.ts";

const NOTHING = {};
/** A status that nobody names. */
const STATUS_DEFAULT = 503;

export interface ControlParts {
  venue: Venue;
  host: Host;
  door: FaultyDoor;
  plan: FaultPlan;
  /** Null where no market is made. */
  world: World | null;
}

/** Answers `POST /control`: `{"ok":true,...}`, or 400 and one line of text. */
export class Control {
  readonly #parts: ControlParts;

  constructor(parts: ControlParts) {
    this.#parts = parts;
  }

  /** Does what a body says. */
  async post(body: string): Promise<HttpReply> {
    const command = parseControl(body);
    const done = typeof command === "string" ? command : await this.#run(command);
    if (typeof done === "string") return { status: 400, contentType: "text/plain", text: `${done}\n` };
    return { status: 200, contentType: "application/json", text: JSON.stringify({ ok: true, ...done }) };
  }

  /** Does one command; returns what it has to say, or what is wrong with it. */
  async #run(command: ControlCommand): Promise<object | string> {
    const { venue, host, door, plan } = this.#parts;
    switch (command.do) {
      case "step":
        await host.step(command.blocks);
        return { blocks: venue.blockCount, time_ms: venue.nowMs };
      case "jump":
        host.jump(command.ms * US_PER_MS);
        return { time_ms: venue.nowMs };
      case "disconnect":
        return { connections: door.disconnect() };
      case "fault":
        return this.#fault(command);
      case "help":
        return { verbs: CONTROL_HELP };
      case "clear":
        plan.clear();
        return { struck: plan.struckCount };
      case "state":
        return venueState(venue, { clients: door.clientCount, rules: plan.ruleCount, struck: plan.struckCount });
      case "fund":
      case "volume":
      case "requests":
        return this.#account(command);
      default:
        return this.#market(command);
    }
  }

  #fault(command: FaultCommand): object | string {
    const rule = ruleOf(command);
    if (typeof rule === "string") return rule;
    this.#parts.plan.add(rule);
    return { rules: this.#parts.plan.ruleCount };
  }

  #market(command: ControlCommand & { do: "halt" | "fees" | "delist" | "oracle" }): object | string {
    const { venue, world } = this.#parts;
    const market = venue.marketByCoin(command.coin);
    if (market === null) return `${command.do}: coin ${command.coin} is not listed`;
    switch (command.do) {
      case "halt":
        venue.setHalted(market, command.halted);
        return NOTHING;
      case "delist":
        venue.delist(market);
        return NOTHING;
      case "fees": {
        if (market.dexIndex === 0) return "fees: only HIP-3 markets have a scale and a growth mode";
        const scale = command.scale === undefined ? market.feeScale : command.scale;
        venue.setFees(market, scale ?? market.dex.feeScale, command.growth ?? market.growth);
        return { scale: market.feeScale, growth: market.growth };
      }
      case "oracle":
        return setOracle(venue, world, market, command.px);
    }
  }

  #account(command: ControlCommand & { do: "fund" | "volume" | "requests" }): object | string {
    const { venue } = this.#parts;
    const found = venue.find(command.address);
    if (found?.isHouse === true) return `${command.do}: ${command.address} is one of the venue's own`;
    if (command.do === "fund") return this.#fund(command.address, command.usd, command.dex ?? "");
    const account: VenueAccount = found ?? venue.accountOf(command.address);
    if (command.do === "volume") {
      account.volumeUsd = Math.round(command.usd * MICRO_PER_USD);
      account.limiter.volumeUsd = account.volumeUsd;
    } else {
      account.limiter.usedCount = command.used;
      account.limiter.reservedCount = command.reserved ?? account.limiter.reservedCount;
    }
    const { capCount, netUsedCount } = account.limiter;
    return { used: netUsedCount, cap: capCount };
  }

  #fund(address: string, dollars: number, dex: string): object | string {
    const { venue } = this.#parts;
    const dexIndex = venue.spec.dexs.findIndex((d) => d.name === dex);
    if (dexIndex < 0) return `fund: dex ${dex} is not there`;
    const account = venue.fund(address, dexIndex, Math.round(dollars * MICRO_PER_USD));
    return { withdrawable: formatScaled(venue.withdrawableUsd(account, dexIndex), 6) };
  }
}

/** The oracle now, and fair value of whoever makes the market: it would say otherwise within 3 s. */
function setOracle(venue: Venue, world: World | null, market: VenueMarket, text: string): object | string {
  const px = parseScaled(text, market.pxDecimals);
  if (!(px > 0)) return `oracle: px is above 0 and has at most ${market.pxDecimals} decimals`;
  venue.marks.setOracle(market, px);
  world?.setFair(market, px);
  return { px: formatScaled(Math.round(market.oraclePx), market.pxDecimals) };
}

/** A fault as the plan knows it. A time-out is a lost reply when the action was executed, and a lost request when it was not. */
export function ruleOf(command: FaultCommand): FaultRule | string {
  const isTimeout = command.kind === "timeout";
  if (command.executed !== undefined && !isTimeout) return "fault: executed is for kind timeout";
  if (isTimeout && command.direction !== undefined)
    return "fault: a timeout has executed, true or false, in place of a direction";
  if ((command.kind === "delay") !== (command.ms !== undefined))
    return "fault: ms is needed by kind delay, and by no other";
  if (command.status !== undefined && command.kind !== "status") return "fault: status is for kind status";
  const kind = command.kind === "timeout" ? "drop" : command.kind;
  const usual = kind === "status" ? "in" : "out";
  const direction = isTimeout ? (command.executed === true ? "out" : "in") : (command.direction ?? usual);
  const on = command.on ?? (isTimeout ? "/exchange" : "*");
  if (on !== "*" && !applies(kind, direction, on)) return `fault: ${kind} ${direction} never strikes ${on}`;
  return {
    kind,
    direction,
    on,
    chanceRatio: command.chance ?? 1,
    countMax: command.count ?? null,
    ms: command.ms ?? 0,
    status: command.status ?? STATUS_DEFAULT,
  };
}
