import { afterAll, describe, expect, test } from "bun:test";
import { addressOf } from "../../src/wire/hyperliquid/sign.ts";
import { findLeaks } from "../fixtures/leak.ts";
import { agentKey, armed, COIN, eventually, Home, liveWords, PASSWORD, Served } from "../fixtures/live_process.ts";

const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
/** Enough to reach any quote behind what the participants have there, in units of the market. */
const SWEEP = "400";
const bytesOf = (key: string): Uint8Array => Uint8Array.from(Buffer.from(key.slice(2), "hex"));
const lines = (text: string): number => text.trim().split("\n").length;

describe.skipIf(!enabled)("live as a user meets it (needs MMBIN_PROCESS_TESTS=1)", () => {
  const home = new Home();
  const agent = agentKey(0);
  afterAll(async () => {
    // Everything that was printed and everything that was left, of whatever way the processes ended.
    const { leaks, files } = findLeaks(bytesOf(agent), { folders: [home.folder], texts: home.said });
    await home.close();
    expect(leaks).toEqual([]);
    expect(files).toBeGreaterThan(5);
  }, 60_000);

  test("from the first key to Ctrl-C: asked, paused, reduced, and nothing left", async () => {
    const served = await Served.start(home);
    const user = served.address(0);
    await served.approve(0, agent);
    const secrets = new Home();
    const [key, password] = [secrets.write("key", `${agent}\n`), secrets.write("password", `${PASSWORD}\n`)];
    const add = `keys add maker --account ${user} --venue ${served.card.url} --key-fd 3 --password-fd 4`;
    const added = await home.runWithFds(add, key, password);
    await secrets.close();
    expect([added.code, added.out]).toEqual([0, expect.stringContaining(`kept maker: address ${addressOf(agent)}`)]);
    const config = home.write("maker.toml", armed(user, "maker"));
    const maker = home.start(liveWords(served, config));
    await maker.quoting();
    expect(maker.err).toContain(`${maker.runId}: ${COIN} on ${served.card.url}: agent maker`);

    const [second, status, asJson, wrong, unknown] = await Promise.all([
      home.run(liveWords(served, config)),
      home.run(["ctl", "status"]),
      home.run(["ctl", "status", "--json", "--run", maker.runId.slice(0, 8)]),
      home.run(["ctl", "stauts"]),
      home.run(["ctl", "stop", "--run", "1999"]),
    ]);
    expect([second.code, second.out, lines(second.err)]).toEqual([13, "", 1]);
    expect(second.err).toContain(`another process trades ${user} on ${served.card.url}: stop it (mmbin ctl stop)`);
    expect([status.code, status.err]).toEqual([0, ""]);
    expect(status.out).toStartWith(`${maker.runId}: ${user}, trading\n`);
    expect(status.out).toContain(` | ${COIN} | `);
    expect(JSON.parse(asJson.out)).toMatchObject({ schema: "mmbin.ctl/1", ok: true, run_id: maker.runId });
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("did you mean status?")]);
    expect([unknown.code, unknown.err]).toEqual([5, expect.stringContaining("no maker 1999 is running here")]);

    const paused = await home.run(["ctl", "pause"]);
    expect([paused.code, paused.out]).toEqual([0, expect.stringContaining("every order is being cancelled")]);
    await eventually("no order", async () => (await served.info.openOrders({ user })).length === 0);
    const told = await home.run(["ctl", "status"]);
    expect(told.out).toContain(`! ${COIN}: paused, cleared by mmbin ctl resume`);
    expect(told.out).toContain("no quotes: paused");
    await maker.ask("resume");
    const { bid_px } = (await maker.quoting()).markets[0] as { bid_px: number };
    // Somebody sells into its bid: from then on there is something to reduce.
    await served.sweep(1, false, bid_px * 0.999, SWEEP);
    await maker.until("a fill", ({ markets }) => (markets[0]?.fills ?? 0) > 0);
    await maker.ask("reduce");
    await maker.until("one side", ({ markets }) => markets[0]?.bid_reason === "reducing");
    maker.child.kill("SIGINT");
    const ended = await maker.ended;
    expect(ended.code).toBe(130);
    expect(ended.out).toContain("no order is left, by the venue's word");
    expect(await served.info.openOrders({ user })).toEqual([]);
    const report = home.report(maker.runId);
    expect(report.live).toMatchObject({ account: user, ledger: { equal: true }, end: { confirmed: true } });
    const { assetPositions } = await served.info.clearinghouseState({ user });
    expect(report.live?.ledger?.positions[0]?.ours).toBe(assetPositions[0]?.position.szi ?? "0");

    const [runs, shown, replayed, gone] = await Promise.all([
      home.run(["runs", "--limit", "1"]),
      home.run(["report", "latest"]),
      home.run(["replay", maker.runId, "--verify"]),
      home.run(["ctl", "status"]),
    ]);
    expect(runs.out).toStartWith(`${maker.runId}  stopped  ${served.card.url} for ${user}, ended `);
    expect(shown.out).toBe(ended.out);
    expect([replayed.code, replayed.out]).toEqual([0, expect.stringContaining("replay       equal")]);
    expect([gone.code, gone.err]).toEqual([5, "mmbin: no maker is running here: mmbin runs lists what ran\n"]);
    served.process.child.kill("SIGTERM");
  }, 120_000);

  test("killed in the middle, started again, stopped for seconds: no order twice, no fill lost, nothing stale", async () => {
    const served = await Served.start(home);
    const user = served.address(0);
    await served.approve(0, agent);
    home.keep("crashing", agent);
    const config = home.write("crashing.toml", armed(user, "crashing"));
    const first = home.start(liveWords(served, config));
    const before = (await first.quoting()).markets[0] as { bid_px: number };
    await served.sweep(1, false, before.bid_px * 0.999, SWEEP);
    await first.until("a fill", ({ markets }) => (markets[0]?.fills ?? 0) > 0);
    first.child.kill("SIGKILL");
    expect((await first.ended).code).toBe(137);
    // What it sent last is executed within a few blocks of 70 ms, and counted.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { nRequestsUsed: usedBefore } = await served.info.userRateLimit({ user });

    const second = home.start(liveWords(served, config));
    const { ask_px } = (await second.quoting()).markets[0] as { ask_px: number };
    expect(second.err).toContain(`resumed: goes on from ${first.runId}, which did not end as it should`);
    second.child.kill("SIGSTOP");
    // It stands still while somebody takes its ask, and for longer than anything that it asked for is good for.
    await served.sweep(1, true, ask_px * 1.001, SWEEP);
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    second.child.kill("SIGCONT");
    await eventually("it notices", () => second.err.includes("stalled: "));
    await second.until("held", ({ state }) => state !== "trading").catch(() => {});
    await second.quoting();
    second.child.kill("SIGTERM");
    const ended = await second.ended;
    expect(ended.code).toBe(143);

    const report = home.report(second.runId);
    const { live } = report;
    expect(live).toMatchObject({ resumed: { run_id: first.runId, clean: false, state: true } });
    expect(live?.problems.filter(({ kind }) => kind === "expired")).toEqual([]);
    expect([live?.ledger?.equal, live?.end.confirmed]).toEqual([true, true]);
    const [open, state, fills, limit] = await Promise.all([
      served.info.openOrders({ user }),
      served.info.clearinghouseState({ user }),
      served.info.userFills({ user }),
      served.info.userRateLimit({ user }),
    ]);
    expect(open).toEqual([]);
    // What was on its way when it was stopped has no answer: the venue alone knows whether it came, and up to five are counted for it if late.
    const counted = limit.nRequestsUsed - usedBefore - (report.markets[0]?.requests.total as number);
    expect(counted).toBeGreaterThanOrEqual(0);
    expect(counted).toBeLessThanOrEqual(5 * (live?.ledger?.requests.unanswered as number));
    const position = state.assetPositions[0]?.position.szi ?? "0.0";
    expect(Number(live?.ledger?.positions[0]?.ours)).toBe(Number(position));
    // Both journals together hold each fill of the account once, and with them its position and its fees.
    const written = await Promise.all(
      [first, second].map((one) => home.run(["inspect", one.runId, "--kind", "fill", "--json"])),
    );
    const booked = written.flatMap(({ out }) =>
      out
        .trim()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line)),
    );
    const micro = (usd: string): number => Math.round(Number(usd.replace("$", "")) * 1e6);
    expect(booked.map(({ tid, feeUsd }) => `${tid} ${micro(feeUsd)}`).sort()).toEqual(
      fills.map(({ tid, fee }) => `${tid} ${micro(fee)}`).sort(),
    );
    expect(fills.length).toBeGreaterThanOrEqual(2);
    const sum = fills.reduce((lots, { side, sz }) => lots + (side === "B" ? 1 : -1) * Math.round(Number(sz) * 100), 0);
    expect(sum).toBe(Math.round(Number(position) * 100));
    for (const one of [first, second]) {
      const replayed = await home.run(["replay", one.runId, "--verify"]);
      expect([replayed.code, replayed.out.includes("hole")]).toEqual([0, false]);
      if (one === second) expect(replayed.out).toContain(`  goes on from ${first.runId}\n`);
    }
    served.process.child.kill("SIGTERM");
  }, 120_000);

  test("several run; a venue that answers no more: a second signal hurries, a third ends", async () => {
    const served = await Served.start(home);
    const makers = await Promise.all(
      [0, 1].map(async (n) => {
        await served.approve(n, agentKey(n));
        home.keep(`agent${n}`, agentKey(n));
        return home.start(liveWords(served, home.write(`m${n}.toml`, armed(served.address(n), `agent${n}`))));
      }),
    );
    const [a, b] = makers as [(typeof makers)[0], (typeof makers)[0]];
    await Promise.all([a.quoting(), b.quoting()]);
    const several = await home.run(["ctl", "status"]);
    expect([several.code, several.err]).toEqual([2, expect.stringContaining("several makers run here: name one")]);
    served.process.child.kill("SIGSTOP");
    for (const maker of [a, b]) maker.child.kill("SIGINT");
    await Promise.all([a, b].map((maker) => maker.until("it ends", ({ state }) => state === "ending")));
    const since = performance.now();
    a.child.kill("SIGINT");
    b.child.kill("SIGINT");
    b.child.kill("SIGTERM");
    // Which of the two comes last is the system's affair.
    expect([130, 143]).toContain((await b.ended).code);
    const { code, err } = await a.ended;
    expect(code).toBe(8);
    expect(err).toContain("look at the venue, or run mmbin flatten");
    expect(performance.now() - since).toBeLessThan(20_000);
    expect(home.report(a.runId).live?.end.confirmed).toBe(false);
    served.process.child.kill("SIGCONT");
    served.process.child.kill("SIGTERM");
  }, 120_000);

  test("what cannot be traded is refused in one line, with the exit code that help tells", async () => {
    const served = await Served.start(home);
    const [user, url] = [served.address(0), served.card.url];
    await served.approve(0, agentKey(0));
    home.keep("good", agentKey(0));
    home.keep("stray", agentKey(5));
    const { key: masterKey } = served.card.keys[0] as { key: string };
    home.keep("boss", masterKey);
    const text = armed(user, "good");
    const config = home.write("good.toml", text);
    const [unarmed, bare, keyless] = [
      home.write("unarmed.toml", text.replace("armed = true", "armed = false")),
      home.write("bare.toml", text.replace(/^profile.*$/m, "")),
      home.write("keyless.toml", text.replace(/^key.*$/m, "")),
    ];
    const master = { MMBIN_PRIVATE_KEY_FILE: home.write("master", `${masterKey}\n`) };
    const on = (file: string, ...more: string[]): string[] => [...liveWords(served, file), ...more];
    const rows: [words: string[], code: number, told: string, env?: Record<string, string>][] = [
      [["live", COIN], 3, "real orders need a config: --config FILE with [live] armed = true"],
      [on("/nowhere.toml"), 3, "/nowhere.toml: no such file"],
      [on(unarmed), 3, `${unarmed}: not armed: write armed = true under [live]`],
      [on(bare), 3, `${bare}: real orders need a profile in the file`],
      [["live", COIN, "--config", config, "--venue", url], 2, `say --profile perp, as ${config} does`],
      [["live", COIN, "--config", config, "--profile", "hip3"], 2, "--profile hip3 is not the file's (perp)"],
      [on(config, "--speed", "10"), 2, "--speed is for --venue local"],
      [["live", "--profile", "perp", "--config", config, "--venue", url], 2, "no market: name one"],
      [["live", "NOPE", ...on(config).slice(2)], 2, "unknown market NOPE: there are PAYS"],
      [on(config, "--key", "godo"), 4, "no key godo: did you mean good?"],
      [on(config), 4, "good.json: wrong password, or a damaged file", { MMBIN_KEY_PASSWORD: "wrong horse" }],
      [on(config), 4, "the password of good is missing: --password-fd N, MMBIN_KEY_PASSWORD", {}],
      [on(config, "--key", "stray"), 4, `never approved for ${user} here, revoked, or expired`],
      [on(config, "--key", "boss"), 4, "use an agent's (mmbin keys add NAME --generate), or say --allow-master-key"],
      [on(keyless), 4, `this is the key of the account ${user} itself, which can move all its money`, master],
      [on(config, "--account", `0x${"22".repeat(20)}`), 4, `is an agent of ${user}, not of 0x2222`],
      [[...on(config).slice(0, -1), "http://127.0.0.1:1"], 5, "http://127.0.0.1:1/info: nobody answers there"],
    ];
    // A few at a time: each is a process.
    for (let i = 0; i < rows.length; i += 3) {
      const some = rows.slice(i, i + 3);
      const ran = await Promise.all(some.map(([words, , , env]) => home.run(words, env)));
      some.forEach(([words, code, told], j) => {
        const { code: exit, out, err } = ran[j] as (typeof ran)[0];
        expect([words, exit, out, lines(err)]).toEqual([words, code, "", 1]);
        expect(err).toStartWith("mmbin: ");
        expect(err).toContain(told);
      });
    }
    // Only a signature shows of which network it is: it is told with what to say, and nothing was asked for.
    const other = await home.run([...on(config), "--chain", "mainnet", "--quiet"]);
    expect([other.code, lines(other.err)]).toEqual([4, 1]);
    expect(other.err).toContain("not of the network Mainnet that was signed for (--chain)");
    expect(await served.info.openOrders({ user })).toEqual([]);
    served.process.child.kill("SIGTERM");
    expect(
      findLeaks(bytesOf(masterKey), { texts: home.said }).leaks.filter((leak) => !leak.includes("exchange")),
    ).toEqual([]);
  }, 120_000);

  test("the embedded venue needs nothing, and the twin runs beside", async () => {
    const words = ["live", "--venue", "local:pays", "--for", "1m", "--speed", "20", "--shadow", "--json", "--quiet"];
    const ran = await home.run(words);
    expect([ran.code, ran.err]).toEqual([0, ""]);
    // What `| jq` would take: each line is an object, the last one the report.
    const said = ran.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const report = said.at(-1);
    expect(report).toMatchObject({ schema: "mmbin.report/1", seed: 1, world: { name: "pays" } });
    expect(report.live.resumed).toBeNull();
    expect(report.live.end).toMatchObject({ confirmed: true, orders_left: 0 });
    const { usd, positions, equal } = report.live.ledger;
    expect([usd.difference, positions[0].ours]).toEqual(["0", positions[0].venue]);
    // A busy machine at twenty times the speed may lose answers, and then the venue alone knows what it counted.
    expect(equal || report.live.actions.timed_out > 0).toBe(true);
    expect(report.twin[0]).toMatchObject({ market: COIN });
    const shown = await home.run(["report", report.run_id], { NO_COLOR: "1" });
    expect(shown.out).not.toContain("\u001b");
    for (const label of ["account", "checks with venue", "books", "end", "paper beside it", "real less paper"])
      expect(shown.out).toMatch(new RegExp(`^ {2}${label} {2,}\\S`, "m"));
  }, 60_000);
});
