/**
 * Keys of agents: adding, listing and opening them.
 * @module
 */
import { randomBytes } from "node:crypto";
import { keyError, usageError } from "../io/exit.ts";
import { KeyFolder } from "../io/key_folder.ts";
import { addressIn, decryptKey, encryptKey, type KeyNotes } from "../io/keystore.ts";
import { type PasswordSource, readPassword, type SecretEnv, type Terminal } from "../io/password.ts";
import { readPrivate, replaceProblem } from "../io/private_file.ts";
import { looksLikeKey, parseKey, readSecretLine, wipe } from "../io/secret.ts";
import { KeySigner } from "../venue/hyperliquid/signer.ts";
import { addressOfBytes, isPrivateKey } from "../wire/hyperliquid/sign.ts";

const KEY_BYTES = 32;

/** Where a new key comes from. */
export type KeySource =
  | { kind: "generate" }
  | { kind: "fd"; fd: number }
  | { kind: "file"; path: string }
  | { kind: "prompt"; terminal: Terminal };

export interface AddRequest {
  name: string;
  /** Account that the key shall act for, 0x and 40 digits; null where nobody says. */
  account: string | null;
  venue: string | null;
  allowMaster: boolean;
  source: KeySource;
  password: PasswordSource;
  folder: string;
  nowMs: number;
  /** Cost of the password where it is not the usual one: for tests. */
  scryptN?: number;
}

/** Encrypts a key and keeps it under a name. The key's bytes are wiped. */
export async function addKey(request: AddRequest): Promise<{ address: string; path: string }> {
  const keys = new KeyFolder(request.folder);
  keys.checkFree(request.name);
  const key = await keyOf(request.source);
  try {
    const address = addressOfBytes(key);
    const account = request.account?.toLowerCase() ?? null;
    if (account === address && !request.allowMaster) {
      throw keyError(
        `this is the key of the account ${address} itself, which can move all its money: add an agent's, or say --allow-master-key`,
      );
    }
    const password = await readPassword(request.password, request.name, true);
    const notes: KeyNotes = { account, venue: request.venue, addedMs: request.nowMs };
    try {
      const file = encryptKey(key, address, password, notes, request.scryptN);
      return { address, path: keys.write(request.name, file) };
    } finally {
      wipe(password);
    }
  } finally {
    wipe(key);
  }
}

async function keyOf(source: KeySource): Promise<Uint8Array> {
  switch (source.kind) {
    case "generate":
      return newKey();
    case "fd":
      return checked(parseKey(readSecretLine(source.fd, "--key-fd"), `--key-fd ${source.fd}`), "--key-fd");
    case "file":
      return readKeyFile(source.path);
    case "prompt":
      return checked(parseKey(await source.terminal.secret("private key: "), "the key"), "the key");
  }
}

/** A key by the system's random numbers. All but one in 2^127 of 32 bytes are keys. */
function newKey(): Uint8Array {
  for (;;) {
    const bytes = randomBytes(KEY_BYTES);
    const key = new Uint8Array(bytes);
    wipe(bytes);
    if (isPrivateKey(key)) return key;
  }
}

/** A file that holds nothing but a key's digits. */
function readKeyFile(path: string): Uint8Array {
  const name = "MMBIN_PRIVATE_KEY_FILE";
  // The key itself in the place of the file's name: a message that repeats it would be the leak.
  if (looksLikeKey(path)) throw keyError(`${name} is the name of a file, not the key itself`);
  const problem = replaceProblem(path);
  if (problem !== "") throw keyError(problem);
  return checked(parseKey(readPrivate(path), path), path);
}

function checked(key: Uint8Array, from: string): Uint8Array {
  if (isPrivateKey(key)) return key;
  wipe(key);
  throw keyError(`${from}: zero, or too large for a private key`);
}

/** Which key to open, and where its password comes from. */
export interface OpenRequest {
  /** Name in the key folder; null takes MMBIN_PRIVATE_KEY_FILE, or else the folder's only key. */
  name: string | null;
  /** MMBIN_PRIVATE_KEY_FILE and MMBIN_KEY_PASSWORD; the password is taken out once it is read. */
  env: SecretEnv;
  /** Descriptor of the password; null asks MMBIN_KEY_PASSWORD, then the terminal. */
  passwordFd: number | null;
  terminal: Terminal | null;
  folder: string;
}

/** A key that can sign. `signer.close()` wipes it. */
export interface OpenedKey {
  /** Its name, or the file that it came from. */
  name: string;
  signer: KeySigner;
  /** What was noted when it was added. Whom it really acts for only the venue knows: `checkAgent`. */
  account: string | null;
  venue: string | null;
}

/**
 * Opens a key. Takes 1.5 s of a slow shared core (Xeon, 2026) for one from the folder: stretching the password.
 * @throws {UserError} No such key, open to others, a wrong password, a damaged file (exit 4).
 */
export async function openKey(request: OpenRequest): Promise<OpenedKey> {
  const { env, folder } = request;
  const rawFile = env.MMBIN_PRIVATE_KEY_FILE ?? "";
  if (request.name === null && rawFile !== "") {
    return { name: rawFile, signer: new KeySigner(readKeyFile(rawFile)), account: null, venue: null };
  }
  const keys = new KeyFolder(folder);
  const name = request.name ?? onlyOf(keys);
  const { path, file } = keys.read(name);
  const password = await readPassword({ fd: request.passwordFd, env, terminal: request.terminal }, name, false);
  let key: Uint8Array;
  try {
    key = decryptKey(file, password, path);
  } finally {
    wipe(password);
  }
  const signer = new KeySigner(checked(key, path));
  const told = addressIn(file);
  if (told !== null && told !== signer.address) {
    signer.close();
    throw keyError(`${path}: says that its key is of ${told}, but it is of ${signer.address}`);
  }
  return { name, signer, account: file.mmbin?.account ?? null, venue: file.mmbin?.venue ?? null };
}

function onlyOf(keys: KeyFolder): string {
  const names = keys.names();
  const [name] = names;
  if (name === undefined) throw keyError("no key yet: mmbin keys add NAME --generate makes one");
  if (names.length > 1) throw usageError(`there are several keys, name one: ${names.join(", ")}`);
  return name;
}
