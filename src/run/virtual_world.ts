/**
 * A whole venue with its participants and its clients in virtual time: the real program against the local exchange, through the protocol's bytes.
 * @module
 */
import { type TimeUs, US_PER_MS } from "../core/units.ts";
import { DirectNet, WAY_TIMES, type WayTimes } from "../exchange/direct_net.ts";
import type { Door } from "../exchange/door.ts";
import { Exchange } from "../exchange/exchange.ts";
import { FaultyDoor } from "../exchange/faulty.ts";
import { worldHash } from "../exchange/world_file.ts";
import { VirtualClock } from "../io/virtual_clock.ts";
import { FaultPlan } from "../sim/fault.ts";
import type { Venue } from "../sim/venue/venue.ts";
import type { World } from "../sim/world/world.ts";
import { resolveVenue, type VenueAddress } from "../venue/hyperliquid/address.ts";
import type { Place } from "./follow.ts";
import { GENERATED_WARNINGS, marketOf, type WarmWorld, warmWorld } from "./local_place.ts";
import { VirtualClient, type VirtualClientOptions } from "./virtual_client.ts";

export interface VirtualWorldOptions {
  /** A world of the program or a TOML file. */
  world: string;
  seed: number;
  /** Whether what one network address may do is limited, as it is at the venue. All clients come from one. Left out, it is. */
  ipLimits?: boolean;
  way?: WayTimes;
  /** Measures the clients' own work; left out, that takes no time. */
  monotonic?: () => number;
  /** What stands before the exchange's faults: another spoiler, or a listener. */
  before?: (door: Door) => Door;
}

/** A constant of its own: faults shall not be the market's chance. */
const FAULT_SEED_OFFSET = 0x666c74;

/**
 * The venue's blocks, messages under way and everything that clients wait for are events of one clock. World, seed, and what the clients do
 * decide all that happens.
 */
export class VirtualWorld {
  /** The true time, which is the venue's. */
  readonly clock: VirtualClock;
  readonly seed: number;
  readonly venue: Venue;
  readonly participants: World;
  readonly exchange: Exchange;
  /** Faults in force on the way to the exchange, for all clients. */
  readonly plan: FaultPlan;
  readonly door: FaultyDoor;
  readonly address: VenueAddress = resolveVenue("http://virtual", "virtual");
  readonly #options: VirtualWorldOptions;
  readonly #spec: WarmWorld["spec"];
  readonly #front: Door;
  readonly #blockUs: TimeUs;
  readonly #clients: VirtualClient[] = [];
  /** No block before this time. */
  #haltedUs: TimeUs = 0;
  #isReachable = true;

  constructor(options: VirtualWorldOptions) {
    const { world, seed } = options;
    this.#options = options;
    this.seed = seed;
    const { spec, venue, participants } = warmWorld(world, seed);
    this.#spec = spec;
    this.venue = venue;
    this.participants = participants;
    this.clock = new VirtualClock(venue.nowUs, options.monotonic ?? null);
    this.exchange = new Exchange(venue, { ipLimits: options.ipLimits ?? true });
    this.plan = new FaultPlan(seed + FAULT_SEED_OFFSET);
    this.door = new FaultyDoor(this.exchange, this.plan, () => venue.nowUs);
    this.#front = options.before?.(this.door) ?? this.door;
    this.#blockUs = Math.round(venue.rules.blockUs / US_PER_MS) * US_PER_MS;
    this.#awaitBlock();
  }

  /** The market that the world is about. */
  get market(): string {
    return marketOf(this.#spec);
  }

  /** A process that may be run against the venue. Each has chance of its own on its way. */
  client(options: VirtualClientOptions = {}): VirtualClient {
    const seed = this.seed * 1_000 + this.#clients.length;
    const net = new DirectNet(this.#front, this.clock, seed, this.#options.way ?? WAY_TIMES);
    net.isReachable = this.#isReachable;
    const client = new VirtualClient(this.clock, net, options);
    this.#clients.push(client);
    return client;
  }

  /** Whether the venue can be reached by new connections and requests. */
  get isReachable(): boolean {
    return this.#isReachable;
  }
  set isReachable(is: boolean) {
    this.#isReachable = is;
    for (const client of this.#clients) client.way.isReachable = is;
  }

  /** The venue as one client meets it: a real one as far as it can tell, whose facts may change and whose clock is another. */
  place(client: VirtualClient): Place {
    return {
      venue: this.address,
      clock: client.clock,
      net: client.net,
      machine: client.machine,
      seed: null,
      world: { name: this.#spec.name, hash: worldHash(this.#spec) },
      market: this.market,
      warnings: GENERATED_WARNINGS,
      start: () => {},
      ended: new Promise<void>(() => {}),
      close: () => {},
    };
  }

  /**
   * Starts a program as the next event of this client and lets time pass until it is over, the client is dead, or it is `untilUs`; then it may be gone on
   * with by `advance`.
   * @returns What the program returned; null when it did not get that far. Rejects with what it throws.
   */
  async runClient<T>(
    client: VirtualClient,
    program: (place: Place) => Promise<T>,
    untilUs = Number.POSITIVE_INFINITY,
  ): Promise<T | null> {
    client.start(() => program(this.place(client)));
    await this.clock.run(() => client.isOver, untilUs);
    return client.result<T>();
  }

  /** Lets time pass until then, or until `isOver`, which is asked between events. */
  advance(untilUs: TimeUs, isOver: () => boolean = () => false): Promise<void> {
    return this.clock.run(isOver, untilUs);
  }

  /** The venue makes no blocks for so long, as in an upgrade; then its time jumps. */
  halt(forUs: TimeUs): void {
    this.#haltedUs = Math.max(this.#haltedUs, this.clock.nowUs() + forUs);
  }

  #awaitBlock(): void {
    const dueUs = Math.max(this.clock.nowUs() + this.#blockUs, this.#haltedUs);
    this.clock.setTimer(dueUs, () => this.#block());
  }

  #block(): void {
    const nowUs = this.clock.nowUs();
    if (nowUs < this.#haltedUs) {
      this.#awaitBlock();
      return;
    }
    const { venue } = this;
    this.participants.beforeBlock(venue);
    // Blocks end on whole milliseconds; after a halt the next one ends where the true time is.
    venue.step(nowUs);
    this.door.tick();
    this.#awaitBlock();
  }
}
