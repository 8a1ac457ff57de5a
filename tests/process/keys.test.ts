import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encryptKey } from "../../src/io/keystore.ts";
import { addressOf, signDigest } from "../../src/wire/hyperliquid/sign.ts";
import { userDigest } from "../../src/wire/hyperliquid/user_signed.ts";
import { findLeaks } from "../fixtures/leak.ts";
import { ExchangeFixture, keyOf } from "../fixtures/loopback_exchange.ts";
import { K1, K1_ADDRESS } from "../fixtures/vectors.ts";

const root = join(import.meta.dir, "..", "..");
const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const folder = mkdtempSync(join(tmpdir(), "mmbin-keys-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KEY = Uint8Array.from(Buffer.from(K1.slice(2), "hex"));
const PASSWORD = "correct horse battery";
const data = join(folder, "data");
const keys = join(data, "mmbin", "keys");
/** Everything that any process of these tests said. */
const said: { [name: string]: string } = {};
const secrets = mkdtempSync(join(tmpdir(), "mmbin-secrets-"));
afterAll(() => rmSync(secrets, { recursive: true, force: true }));
writeFileSync(join(secrets, "key"), `${K1}\n`, { mode: 0o600 });
writeFileSync(join(secrets, "password"), `${PASSWORD}\n`, { mode: 0o600 });

interface Ran {
  code: number;
  out: string;
  err: string;
}

async function spawn(words: string[], env: Record<string, string>): Promise<Ran> {
  const child = Bun.spawn(words, {
    cwd: root,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: folder,
      XDG_STATE_HOME: join(folder, "state"),
      XDG_DATA_HOME: data,
      ...env,
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  said[`${Object.keys(said).length} ${words.slice(2).join(" ").slice(0, 60)}`] = `${out}\n${err}`;
  return { code, out, err };
}

const run = (args: string[], env: Record<string, string> = {}): Promise<Ran> =>
  spawn([process.execPath, "src/main.ts", ...args], env);
/** Through a shell, which opens descriptors 3 (key) and 4 (password). */
const runWithFds = (args: string): Promise<Ran> =>
  spawn(
    ["sh", "-c", `exec "${process.execPath}" src/main.ts ${args} 3< "${secrets}/key" 4< "${secrets}/password"`],
    {},
  );
const child = (env: Record<string, string>, ...args: string[]): Promise<Ran> =>
  spawn([process.execPath, "tests/fixtures/keys_child.ts", ...args], env);

/** A key file that opens fast. */
function writeCheap(into: string, name: string): void {
  mkdirSync(into, { recursive: true, mode: 0o700 });
  const notes = { account: null, venue: null, addedMs: 0 };
  const file = encryptKey(KEY, K1_ADDRESS, new TextEncoder().encode(PASSWORD), notes, 2 ** 10);
  writeFileSync(join(into, `${name}.json`), JSON.stringify(file), { mode: 0o600 });
}

/** The account approves the agent, as its wallet would. */
async function approve(venue: ExchangeFixture, master: string, agentName: string): Promise<void> {
  const nonce = venue.nowMs;
  const action = {
    type: "approveAgent",
    signatureChainId: "0x66eee",
    hyperliquidChain: venue.chain,
    agentAddress: K1_ADDRESS,
    agentName,
    nonce,
  };
  const signature = signDigest(userDigest(action) as Uint8Array, master);
  const reply = await fetch(`${venue.url}/exchange`, {
    method: "POST",
    body: JSON.stringify({ action, nonce, signature }),
  });
  expect(await reply.json()).toMatchObject({ status: "ok" });
}

/** At a terminal: each answer is typed when its question stands there. Everything that the terminal showed. */
async function typeAt(
  args: string[],
  answers: [question: string, keys: string][],
): Promise<{ code: number; shown: string }> {
  let shown = "";
  let from = 0;
  const typist = Bun.spawn([process.execPath, "src/main.ts", ...args], {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", HOME: folder, XDG_STATE_HOME: join(folder, "state"), XDG_DATA_HOME: data },
    terminal: {
      cols: 120,
      rows: 40,
      data(terminal, bytes) {
        shown += Buffer.from(bytes).toString();
        const [question, keys] = answers[0] ?? ["", ""];
        if (question === "" || !shown.slice(from).includes(question)) return;
        from = shown.length;
        answers.shift();
        terminal.write(keys);
      },
    },
  });
  const code = await typist.exited;
  typist.terminal?.close();
  said[`${Object.keys(said).length} typed ${args.join(" ")}`] = shown;
  return { code, shown };
}

describe.skipIf(!enabled)("keys as a user meets them (needs MMBIN_PROCESS_TESTS=1)", () => {
  test("added by descriptors, listed, tried, refused, approved, expiring, removed: and nowhere in clear", async () => {
    const venue = new ExchangeFixture({ coins: ["BTC"] });
    const master = keyOf(77);
    const account = addressOf(master);
    venue.fund(account, 1_000);
    const add = `keys add maker --account ${account} --venue ${venue.url} --key-fd 3 --password-fd 4`;
    expect(await runWithFds(add)).toMatchObject({
      code: 0,
      err: "",
      out: expect.stringContaining(`kept maker: address ${K1_ADDRESS}, in ${keys}/maker.json\n`),
    });
    expect([keys, join(keys, "maker.json")].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600]);
    expect(await runWithFds(add)).toMatchObject({
      code: 4,
      out: "",
      err: expect.stringContaining("there is a key maker already"),
    });

    const listed = await run(["keys", "list", "--json"]);
    expect(JSON.parse(listed.out)).toMatchObject([
      { name: "maker", address: K1_ADDRESS, account, agent: null, problem: null },
    ]);
    const asked = await run(["keys", "list", "--venue", venue.url]);
    expect(asked).toMatchObject({ code: 0, out: expect.stringContaining(`never approved for ${account} here`) });

    const attempt = (password: string, ...flags: string[]): Promise<Ran> =>
      run(["keys", "test", "maker", ...flags], { MMBIN_KEY_PASSWORD: password });
    expect(await attempt("wrong horse")).toMatchObject({
      code: 4,
      out: "",
      err: expect.stringContaining("wrong password"),
    });
    expect(await attempt(PASSWORD)).toMatchObject({
      code: 4,
      out: "",
      err: expect.stringContaining(`does not know ${K1_ADDRESS}`),
    });
    await approve(venue, master, `bot valid_until ${venue.nowMs + 20 * 86_400_000}`);
    expect(await attempt(PASSWORD)).toMatchObject({
      code: 0,
      err: "",
      out: expect.stringContaining(`maker: ${K1_ADDRESS} is approved agent "bot" of ${account}, expires in 19 days (`),
    });
    await approve(venue, master, `bot valid_until ${venue.nowMs + 5 * 86_400_000}`);
    const soon = await attempt(PASSWORD, "--json");
    expect(JSON.parse(soon.out)).toMatchObject({
      name: "maker",
      address: K1_ADDRESS,
      account,
      agent: "bot",
      is_master: false,
    });
    expect([soon.code, soon.err]).toEqual([0, expect.stringContaining("expires in 4 days: approve")]);
    venue.stop();
    const gone = await run(["keys", "remove", "maker"]);
    expect(gone).toMatchObject({ code: 2, err: expect.stringContaining("say --yes") });
    expect(await run(["keys", "remove", "maker", "--yes"])).toMatchObject({
      code: 0,
      out: expect.stringContaining("removed maker"),
    });
    expect(readdirSync(keys)).toEqual([]);
    expect(findLeaks(KEY, { folders: [folder], texts: said }).leaks).toEqual([]);
  }, 60_000);

  test("typed at a terminal: neither key nor password is shown, a wrong start can be taken back, Ctrl-C ends", async () => {
    const added = await typeAt(
      ["keys", "add", "typed"],
      [
        ["private key: ", `wrong\x15${K1}\r`],
        ["new password of typed: ", `${PASSWORD}!\x7f\r`],
        ["the same again: ", `${PASSWORD}\r`],
      ],
    );
    expect(added.shown).toContain(`kept typed: address ${K1_ADDRESS}`);
    expect(added.code).toBe(0);
    const pasted = await typeAt(["keys", "add", "pasted"], [["private key: ", `${K1}\r${PASSWORD}\r${PASSWORD}\r`]]);
    expect([pasted.code, pasted.shown]).toEqual([0, expect.stringContaining("kept pasted")]);
    const broken = await typeAt(["keys", "add", "broken"], [["private key: ", `${K1}\x03`]]);
    expect([broken.code, broken.shown]).toEqual([130, expect.stringContaining("interrupted")]);
    const wrong = await typeAt(
      ["keys", "test", "typed", "--venue", "http://127.0.0.1:1"],
      [["password of typed: ", "wrong horse\r"]],
    );
    expect([wrong.code, wrong.shown]).toEqual([4, expect.stringContaining("wrong password")]);
    const kept = await typeAt(["keys", "remove", "typed"], [["(yes/no): ", "no\r"]]);
    expect([kept.code, kept.shown]).toEqual([0, expect.stringContaining("kept")]);
    for (const name of ["typed", "pasted"]) {
      const removed = await typeAt(["keys", "remove", name], [["(yes/no): ", "yes\r"]]);
      expect([removed.code, removed.shown]).toEqual([0, expect.stringContaining(`removed ${name}`)]);
    }
    expect(findLeaks(KEY, { folders: [folder], texts: said }).leaks).toEqual([]);
    expect(Object.values(said).join("")).not.toContain(PASSWORD);
  }, 60_000);

  test("a new key is kept and never shown; how to approve it is", async () => {
    const ran = await run(["keys", "add", "fresh", "--generate", "--venue", "testnet"], {
      MMBIN_KEY_PASSWORD: PASSWORD,
    });
    expect([ran.code, ran.err]).toEqual([0, ""]);
    expect(ran.out).toContain("https://app.hyperliquid-testnet.xyz/API");
    expect(ran.out).not.toMatch(/[0-9a-fA-F]{60}/);
    await run(["keys", "remove", "fresh", "--yes"]);
  }, 20_000);

  test("the key of an account itself is refused, unless that is wanted", async () => {
    const venue = new ExchangeFixture({ coins: ["BTC"] });
    venue.fund(K1_ADDRESS, 1_000);
    const env = { MMBIN_PRIVATE_KEY_FILE: join(secrets, "key") };
    const refused = await run(["keys", "test", "--venue", venue.url], env);
    expect(refused).toMatchObject({ code: 4, out: "", err: expect.stringContaining("the key of the account") });
    const allowed = await run(["keys", "test", "--venue", venue.url, "--allow-master-key"], env);
    expect(allowed).toMatchObject({ code: 0, out: expect.stringContaining("is the key of the account") });
    venue.stop();
    expect(await run(["keys", "test", "--venue", venue.url], env)).toMatchObject({ code: 5 });
  }, 60_000);

  test.each([
    [["keys", "add", "maker", "--key-fd", K1]],
    [["keys", "add", K1]],
    [["keys", "add", "maker", `--key=${K1}`]],
    [["paper", "BTC", "--address", K1.slice(2)]],
    [["config", "show", "--set", `chi=${K1}`]],
    [[K1.toUpperCase()]],
    [["help", K1]],
  ])("%p: a key on the command line ends with 4 and is not repeated", async (args) => {
    const ran = await run(args);
    expect([ran.code, ran.out]).toEqual([4, ""]);
    expect(ran.err).toContain("looks like a private key");
    expect(ran.err.trim().split("\n").length).toBe(1);
    expect(findLeaks(KEY, { texts: { err: ran.err } }).leaks).toEqual([]);
  });

  test.each([
    [["keys"], 2, "add|list|remove|test is missing"],
    [["keys", "tset"], 2, "did you mean test?"],
    [["keys", "add"], 2, "NAME is missing"],
    [["keys", "list", "maker"], 2, "takes no name"],
    [["keys", "list", "--generate"], 2, "--generate is not for this"],
    [["keys", "add", "a", "--yes"], 2, "--yes is not for this"],
    [["keys", "add", "a", "--account", "0x12"], 2, "--account is 0x and 40 hexadecimal digits"],
    [["keys", "add", "a", "--generate", "--key-fd", "3"], 2, "exclude each other"],
    [["keys", "add", "a", "--key-fd", "1"], 2, "is where output goes"],
    [["keys", "add", "a", "--venue", "local"], 2, "knows no key"],
    [["keys", "add", "a"], 4, "the key is missing: --generate, --key-fd N"],
    [["keys", "add", "a", "--generate"], 4, "the password of a is missing"],
    [["keys", "add", "a", "--key-fd", "19"], 4, "--key-fd 19: not open"],
    [["keys", "test", "nobody", "--venue", "testnet"], 4, "no key nobody"],
    [["keys", "remove", "nobody", "--yes"], 4, "no key nobody"],
  ] as [string[], number, string][])("%p ends with %d", async (args, code, words) => {
    const ran = await run(args);
    expect(ran.err).toContain(words);
    expect(ran.err.trim().split("\n").length).toBe(1);
    expect([ran.code, ran.out]).toEqual([code, ""]);
  });

  test("files and folders that others can read are refused with the command that mends it", async () => {
    writeCheap(keys, "wide");
    const path = join(keys, "wide.json");
    chmodSync(path, 0o644);
    const attempt = (): Promise<Ran> =>
      run(["keys", "test", "wide", "--venue", "testnet"], { MMBIN_KEY_PASSWORD: PASSWORD });
    expect(await attempt()).toMatchObject({ code: 4, out: "", err: expect.stringContaining(`chmod 600 ${path}`) });
    const listed = await run(["keys", "list"]);
    expect(listed).toMatchObject({ code: 0, out: expect.stringContaining(`chmod 600 ${path}`) });
    chmodSync(path, 0o600);
    chmodSync(keys, 0o750);
    expect(await attempt()).toMatchObject({ code: 4, err: expect.stringContaining(`chmod 700 ${keys}`) });
    chmodSync(keys, 0o700);
    rmSync(path);
  });

  test.each(["throw", "reject", "sign", "closed", "type"])(
    "a crash with the key open tells nothing of it: %s",
    async (way) => {
      const into = join(folder, `crash-${way}`);
      writeCheap(into, "maker");
      const ran = await child({ MMBIN_KEY_PASSWORD: PASSWORD }, into, way);
      expect(ran.code).not.toBe(0);
      expect(ran.out).toContain("open\n");
      expect(ran.out).toContain(`KeySigner(${K1_ADDRESS})`);
      expect(findLeaks(KEY, { folders: [into], texts: { out: ran.out, err: ran.err } })).toEqual({
        leaks: [],
        files: 1,
      });
      expect(`${ran.out}${ran.err}`).not.toContain(PASSWORD);
    },
  );

  test("a run with keys in its environment writes none of them: journal, store, report", async () => {
    const state = join(folder, "state-run");
    const env = { XDG_STATE_HOME: state, MMBIN_KEY_PASSWORD: PASSWORD, MMBIN_PRIVATE_KEY_FILE: join(secrets, "key") };
    const ran = await run(["paper", "--for", "2m", "--speed", "5000", "--json"], env);
    expect(ran.code).toBe(0);
    const { leaks, files } = findLeaks(KEY, { folders: [state], texts: { ...ran, code: "" } });
    expect([leaks, files >= 3]).toEqual([[], true]);
    const grep = await spawn(["grep", "-r", "-l", PASSWORD, state], {});
    expect(grep.out).toBe("");
  }, 30_000);

  test("no nonce is used twice by processes that are killed, whatever the clock says between them", async () => {
    const into = join(folder, "nonces");
    const seen = new Set<number>();
    let last = 0;
    for (const at of [1_790_000_000_000, 1_790_000_000_050, 1_789_999_000_000, 1_790_000_300_000]) {
      const { out, err } = await child({}, into, "nonces", String(at));
      expect(err).toBe("");
      for (const nonce of out.trim().split("\n").map(Number)) {
        expect(nonce).toBeGreaterThan(last);
        seen.add(nonce);
        last = nonce;
      }
    }
    expect(seen.size).toBe(800);
    expect(JSON.parse(readFileSync(join(into, K1_ADDRESS), "utf8")).reserved_ms).toBeGreaterThan(last);
  }, 20_000);
});
