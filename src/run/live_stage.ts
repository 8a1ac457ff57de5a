/**
 * Real orders on a venue in virtual time: a world with an account that is ready to trade, and processes of the program on it.
 * @module
 */
import { assert } from "../core/assert.ts";
import { US_PER_SECOND } from "../core/units.ts";
import { type LoadedConfig, loadConfig } from "../io/config.ts";
import { parseKey } from "../io/secret.ts";
import { ClockNonces } from "../venue/hyperliquid/nonces.ts";
import { KeySigner } from "../venue/hyperliquid/signer.ts";
import { LiveRun } from "./live.ts";
import type { LiveDoor, LiveOptions } from "./live_request.ts";
import { FreshNonces } from "./local_live.ts";
import type { Report } from "./report_schema.ts";
import { QUIET, REQUEST_DEFAULTS, type RunIo, type RunRequest } from "./request.ts";
import { openVirtualAccount, type VirtualAccount, type VirtualAccountOptions } from "./virtual_account.ts";
import type { VirtualClient, VirtualClientOptions } from "./virtual_client.ts";
import { VirtualSigner } from "./virtual_signer.ts";
import { VirtualWorld, type VirtualWorldOptions } from "./virtual_world.ts";

/** What the end of a run may take beyond its limit, market seconds. */
const END_SECONDS = 120;

/** Who trades instead of the stage's agent for its account. */
export interface Who {
  /** In hex. */
  key?: string;
  account?: string;
}

/** A world with an account that is ready to trade. */
export class LiveStage {
  readonly world: VirtualWorld;
  readonly account: VirtualAccount;
  readonly notes: string[] = [];
  /** Shared by the processes of the key, as the file is. */
  readonly nonces = new FreshNonces();
  readonly #isQuick: boolean;
  #runs = 0;

  /** @param isQuick Signs without the key, which is a third of the time of a long run. */
  constructor(options: VirtualWorldOptions, account: Partial<VirtualAccountOptions> = {}, isQuick = false) {
    this.#isQuick = isQuick;
    this.world = new VirtualWorld(options);
    this.account = openVirtualAccount(this.world.venue, { coin: this.world.market, fundUsd: 1_000, ...account });
  }

  /** A process of the program, not started. */
  process(
    request: Partial<RunRequest>,
    options: Partial<LiveOptions> = {},
    machine: VirtualClientOptions = {},
    io: Partial<RunIo> = {},
    set: readonly string[] = [],
    who: Who = {},
  ): { client: VirtualClient; program: Parameters<VirtualWorld["runClient"]>[1] } {
    this.#runs += 1;
    const run = this.#runs;
    const client = this.world.client(machine);
    const program = (place: Parameters<Parameters<VirtualWorld["runClient"]>[1]>[0]): Promise<Report> => {
      const { key, address } = this.account.agent;
      const signer =
        this.#isQuick && who.key === undefined
          ? new VirtualSigner(address, this.world.exchange.signatures)
          : new KeySigner(parseKey(new TextEncoder().encode(who.key ?? key), "test key"));
      const door: LiveDoor = {
        account: who.account ?? this.account.master.address,
        signer,
        network: "Testnet",
        openNonces: (offsetUs) =>
          new ClockNonces({
            address: signer.address,
            clock: place.clock,
            store: this.nonces,
            offsetUs,
            onProblem: () => {},
          }),
      };
      const whole: RunRequest = {
        ...REQUEST_DEFAULTS,
        command: "live",
        runId: `run-${run}`,
        runNumber: [7, run],
        ...request,
        config: { file: null, set: [...set], env: {}, profile: null },
      };
      const loaded: LoadedConfig = loadConfig(null);
      const all: LiveOptions = {
        shadow: false,
        allowMasterKey: false,
        allowNotViable: true,
        allowThrottled: true,
        ...options,
      };
      const said: RunIo = { ...QUIET, note: (text) => this.notes.push(text), ...io };
      const markets = whole.markets.length > 0 ? whole.markets : [this.world.market];
      return new LiveRun(whole, all, said, place, loaded, door).run(markets);
    };
    return { client, program };
  }

  /** Runs one process for so long, by its own limit, and what its end takes. */
  async run(seconds: number, options: Partial<LiveOptions> = {}, request: Partial<RunRequest> = {}): Promise<Report> {
    const { client, program } = this.process({ forSeconds: seconds, ...request }, options);
    const untilUs = this.world.clock.nowUs() + (seconds + END_SECONDS) * US_PER_SECOND;
    const report = (await this.world.runClient(client, program, untilUs)) as Report | null;
    assert(report !== null, `live stage: the run ends: ${this.notes.join("; ")}`);
    return report;
  }
}
