import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import type { UserError } from "../../src/io/exit.ts";
import type { Terminal } from "../../src/io/password.ts";
import { type AddRequest, addKey, type OpenRequest, openKey } from "../../src/run/keys.ts";
import { checkVenue, listKeys } from "../../src/run/keys_venue.ts";
import { findLeaks } from "../fixtures/leak.ts";
import { K1, K1_ADDRESS } from "../fixtures/vectors.ts";

const root = mkdtempSync(join(tmpdir(), "mmbin-keys-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const ACCOUNT = "0x2222222222222222222222222222222222222222";
const PASSWORD = "correct horse";
const K1_BYTES = Uint8Array.from(Buffer.from(K1.slice(2), "hex"));
const T0_MS = 1_790_000_000_000;

const typing = (...lines: string[]): Terminal => ({
  secret: async () => new TextEncoder().encode(lines.shift() ?? ""),
  line: async () => lines.shift() ?? "",
});

/** Adds the test key under a name into a folder of its own. */
const add = (folder: string, over: Partial<AddRequest> = {}): Promise<{ address: string; path: string }> =>
  addKey({
    name: "maker",
    account: ACCOUNT,
    venue: "testnet",
    allowMaster: false,
    source: { kind: "prompt", terminal: typing(K1) },
    password: { fd: null, env: { MMBIN_KEY_PASSWORD: PASSWORD }, terminal: null },
    folder: join(root, folder),
    nowMs: T0_MS,
    scryptN: 2 ** 10,
    ...over,
  });
const open = (folder: string, over: Partial<OpenRequest> = {}): ReturnType<typeof openKey> =>
  openKey({
    name: null,
    env: { MMBIN_KEY_PASSWORD: PASSWORD },
    passwordFd: null,
    terminal: null,
    folder: join(root, folder),
    ...over,
  });
const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "done",
    (error: UserError) => `${error.exitCode} ${error.message}`,
  );

describe("adding a key", () => {
  test("keeps it encrypted, with whom it is for, and opens again", async () => {
    const { address, path } = await add("a");
    expect([address, path]).toEqual([K1_ADDRESS, join(root, "a", "maker.json")]);
    expect(JSON.parse(readFileSync(path, "utf8")).mmbin).toEqual({
      account: ACCOUNT,
      venue: "testnet",
      addedMs: T0_MS,
    });
    const opened = await open("a");
    expect(opened).toMatchObject({ name: "maker", account: ACCOUNT, venue: "testnet" });
    expect(opened.signer.address).toBe(K1_ADDRESS);
    expect(findLeaks(K1_BYTES, { folders: [join(root, "a")], texts: { opened: Bun.inspect(opened) } })).toEqual({
      leaks: [],
      files: 1,
    });
  });

  test("never over another, which is told before anything is asked", async () => {
    await add("b");
    const before = readFileSync(join(root, "b", "maker.json"), "utf8");
    let asked = 0;
    const terminal = { ...typing(), secret: async () => new Uint8Array(++asked) };
    expect(await codeOf(add("b", { source: { kind: "prompt", terminal } }))).toStartWith(
      "4 there is a key maker already",
    );
    expect([asked, readFileSync(join(root, "b", "maker.json"), "utf8")]).toEqual([0, before]);
  });

  test("made new: another each time", async () => {
    const source = { kind: "generate" } as const;
    const [one, two] = [await add("c", { name: "one", source }), await add("c", { name: "two", source })];
    expect(one.address).not.toBe(two.address);
    expect((await open("c", { name: "two" })).signer.address).toBe(two.address);
  });

  test("from a file with the key's digits", async () => {
    mkdirSync(join(root, "raw"), { mode: 0o700 });
    const path = join(root, "raw", "key");
    writeFileSync(path, `${K1}\n`, { mode: 0o600 });
    expect((await add("d", { source: { kind: "file", path } })).address).toBe(K1_ADDRESS);
  });

  test.each([
    [
      "what is no key",
      { source: { kind: "prompt", terminal: typing("hello") } },
      "a private key is 64 hexadecimal digits",
    ],
    ["zero", { source: { kind: "prompt", terminal: typing("0".repeat(64)) } }, "zero, or too large for a private key"],
    ["the order of the curve", { source: { kind: "prompt", terminal: typing("f".repeat(64)) } }, "zero, or too large"],
    ["the account's own key", { account: K1_ADDRESS }, "this is the key of the account"],
    [
      "the account's own key, address in capitals",
      { account: privateKeyToAccount(K1).address },
      "the key of the account",
    ],
    [
      "a short password",
      { password: { fd: null, env: { MMBIN_KEY_PASSWORD: "short" }, terminal: null } },
      "fewer than 8",
    ],
    ["no password", { password: { fd: null, env: {}, terminal: null } }, "the password of maker is missing"],
    ["the key for a file's name", { source: { kind: "file", path: K1 } }, "the name of a file, not the key itself"],
    ["a file that is not there", { source: { kind: "file", path: "/nowhere" } }, "/nowhere: no such file"],
  ] as [string, Partial<AddRequest>, string][])("%s is refused with 4", async (name, over, words) => {
    const told = await codeOf(add(`refused ${name}`, over));
    expect(told).toStartWith("4 ");
    expect(told).toContain(words);
    expect(findLeaks(K1_BYTES, { texts: { told } }).leaks).toEqual([]);
    expect(await listKeys(join(root, `refused ${name}`), null)).toEqual([]);
  });

  test("the account's own key, where that is wanted", async () => {
    expect((await add("e", { account: K1_ADDRESS, allowMaster: true })).address).toBe(K1_ADDRESS);
  });

  test.each(["../maker", "a/b", ".hidden", "", "-x", "x".repeat(65)])("%p is no name", async (name) => {
    expect(await codeOf(add("f", { name }))).toStartWith("2 a key's name has letters, digits, dots and dashes");
  });

  test("a folder that others can open is refused", async () => {
    mkdirSync(join(root, "g"), { mode: 0o700 });
    chmodSync(join(root, "g"), 0o755);
    expect(await codeOf(add("g"))).toContain("4 ");
    expect(await codeOf(add("g"))).toContain(`chmod 700 ${join(root, "g")}`);
    expect(readdirSync(join(root, "g"))).toEqual([]);
  });
});

describe("opening a key", () => {
  test("of a name, the only one, or the raw file of the environment", async () => {
    await add("h");
    await add("h", { name: "other", source: { kind: "generate" } });
    expect((await open("h", { name: "maker" })).signer.address).toBe(K1_ADDRESS);
    expect(await codeOf(open("h"))).toBe("2 there are several keys, name one: maker, other");
    expect(await codeOf(open("h", { name: "makr" }))).toBe("4 no key makr: did you mean maker?");
    expect(await codeOf(open("nobody"))).toBe("4 no key yet: mmbin keys add NAME --generate makes one");
    const path = join(root, "raw key");
    writeFileSync(path, K1.slice(2).toUpperCase(), { mode: 0o600 });
    const raw = await open("h", { env: { MMBIN_PRIVATE_KEY_FILE: path } });
    expect([raw.name, raw.signer.address, raw.account]).toEqual([path, K1_ADDRESS, null]);
    const named = { MMBIN_PRIVATE_KEY_FILE: path, MMBIN_KEY_PASSWORD: PASSWORD };
    expect((await open("h", { name: "maker", env: named })).name).toBe("maker");
  });

  test("a wrong password is refused", async () => {
    await add("i");
    const env = { MMBIN_KEY_PASSWORD: "wrong horse" };
    expect(await codeOf(open("i", { env }))).toBe(
      `4 ${join(root, "i", "maker.json")}: wrong password, or a damaged file`,
    );
    expect((await open("i", { env: {}, terminal: typing(PASSWORD) })).signer.address).toBe(K1_ADDRESS);
  });

  test("files and folders that others can read are refused, with what mends it", async () => {
    const { path } = await add("j");
    chmodSync(path, 0o640);
    expect(await codeOf(open("j"))).toBe(`4 ${path}: group or others can read it (mode 640): chmod 600 ${path}`);
    expect((await listKeys(join(root, "j"), null))[0]?.problem).toContain("chmod 600");
    chmodSync(path, 0o600);
    chmodSync(join(root, "j"), 0o711);
    expect(await codeOf(open("j"))).toContain(`chmod 700 ${join(root, "j")}`);
    expect((await listKeys(join(root, "j"), null))[0]?.problem).toContain("chmod 700");
    const raw = join(root, "raw open");
    writeFileSync(raw, K1, { mode: 0o644 });
    const told = await codeOf(open("j", { env: { MMBIN_PRIVATE_KEY_FILE: raw } }));
    expect(told).toContain(`chmod 600 '${raw}'`);
  });

  test("a file that names another address than its key's is refused", async () => {
    const { path } = await add("k");
    const file = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...file, address: ACCOUNT.slice(2) }));
    expect(await codeOf(open("k"))).toContain(`says that its key is of ${ACCOUNT}, but it is of ${K1_ADDRESS}`);
  });

  test("a key file of another wallet, without our notes", async () => {
    const { path } = await add("l");
    const { mmbin: _, ...theirs } = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify(theirs));
    expect(await open("l")).toMatchObject({ name: "maker", account: null, venue: null });
  });
});

describe("listing keys", () => {
  test("each with its address, account and what is wrong; nothing for no folder", async () => {
    await add("m");
    writeFileSync(join(root, "m", "bad.json"), "{}", { mode: 0o600 });
    writeFileSync(join(root, "m", "notes.txt"), "mine");
    const rows = await listKeys(join(root, "m"), null);
    expect(rows.map((row) => [row.name, row.address, row.account, row.venue, row.added_ms])).toEqual([
      ["bad", null, null, null, null],
      ["maker", K1_ADDRESS, ACCOUNT, "testnet", T0_MS],
    ]);
    expect(rows.map((row) => row.problem?.slice(-80) ?? null)).toEqual([expect.stringContaining("version"), null]);
    expect(await listKeys(join(root, "none"), null)).toEqual([]);
  });

  test.each([
    ["local", "knows no key"],
    ["local:pays", "knows no key"],
    ["mainet", "did you mean mainnet?"],
  ])("--venue %p is refused", (venue, words) => {
    expect(() => checkVenue(venue)).toThrow(words);
  });
});
