/**
 * Topics about the state of one user: balances, positions, what may be traded, and the pages that frontends show.
 * @module
 */
import type { VenueMarket } from "../sim/venue/market.ts";
import { printActiveAssetOf, printClearinghouse, printClearinghouses, printSpot } from "./print_account.ts";
import { frameOf, type Tick, Topic, type View } from "./topic.ts";
import { printWebData2, printWebData3 } from "./web_data.ts";

/** Speaks when something happened to the user, and every few seconds, because the marks move. */
abstract class StateTopic extends Topic {
  readonly #channel: string;
  #changed = false;

  constructor(view: View, channel: string) {
    super(view);
    this.#channel = channel;
  }

  protected abstract data(): unknown;

  snapshot(): string[] {
    return [frameOf(this.#channel, this.data())];
  }

  override onFill(): void {
    this.#changed = true;
  }
  override onFunding(): void {
    this.#changed = true;
  }
  override onLedger(): void {
    this.#changed = true;
  }

  publish(tick: Tick, out: string[]): void {
    if (!this.#changed && !tick.accounts) return;
    this.#changed = false;
    out.push(...this.snapshot());
  }
}

/** `clearinghouseState` on one dex. */
export class ClearinghouseTopic extends StateTopic {
  readonly #user: string;
  readonly #dexIndex: number;

  constructor(view: View, user: string, dexIndex: number) {
    super(view, "clearinghouseState");
    this.#user = user;
    this.#dexIndex = dexIndex;
  }

  protected data(): unknown {
    const { venue } = this.view;
    const clearinghouseState = printClearinghouse(venue.find(this.#user), this.#dexIndex, venue.nowMs);
    return { dex: venue.spec.dexs[this.#dexIndex]?.name, user: this.#user, clearinghouseState };
  }
}

/** `allDexsClearinghouseState`. */
export class AllClearinghousesTopic extends StateTopic {
  readonly #user: string;

  constructor(view: View, user: string) {
    super(view, "allDexsClearinghouseState");
    this.#user = user;
  }

  protected data(): unknown {
    return { user: this.#user, clearinghouseStates: printClearinghouses(this.view, this.#user) };
  }
}

/** `spotState`: when balances change, and every few seconds. */
export class SpotTopic extends StateTopic {
  readonly #user: string;

  constructor(view: View, user: string) {
    super(view, "spotState");
    this.#user = user;
  }

  protected data(): unknown {
    const { venue } = this.view;
    return { user: this.#user, spotState: printSpot(venue.find(this.#user), venue.spec.tokens) };
  }
}

/** `activeAssetData`: looked at once a second, told when it is another. */
export class ActiveAssetTopic extends Topic {
  readonly #user: string;
  readonly #market: VenueMarket;
  #told: string;

  constructor(view: View, user: string, market: VenueMarket) {
    super(view);
    this.#user = user;
    this.#market = market;
    this.#told = this.#frame();
  }

  snapshot(): string[] {
    return [this.#frame()];
  }

  publish(tick: Tick, out: string[]): void {
    if (!tick.second) return;
    const text = this.#frame();
    if (text === this.#told) return;
    this.#told = text;
    out.push(text);
  }

  #frame(): string {
    return frameOf("activeAssetData", printActiveAssetOf(this.view, this.#user, this.#market));
  }
}

/** `webData2` and `webData3`: what frontends show of a user. */
export class WebDataTopic extends StateTopic {
  readonly #user: string;
  readonly #print: (view: View, user: string) => object;

  constructor(view: View, user: string, version: 2 | 3) {
    super(view, `webData${version}`);
    this.#user = user;
    this.#print = version === 2 ? printWebData2 : printWebData3;
  }

  override onOrder(): void {
    this.onFill();
  }

  protected data(): unknown {
    return this.#print(this.view, this.#user);
  }
}
