/**
 * Asking a person at the terminal: passwords and keys without echo, yes or no with it.
 * @module
 */
import { keyError, UserError } from "./exit.ts";
import { writeError } from "./log.ts";
import { readSecretLine, wipe } from "./secret.ts";

/** Shortest password of a new key: the file may be copied, and then nothing but the password's length protects it. */
export const PASSWORD_BYTES_MIN = 8;
/** Longest line that is typed or pasted. */
const LINE_BYTES_MAX = 1_024;

/** Somebody who can be asked. */
export interface Terminal {
  /** A line that is not shown. */
  secret(prompt: string): Promise<Uint8Array>;
  /** A line that is. */
  line(prompt: string): Promise<string>;
}

/** Variables of the environment, of which secrets are taken out. */
export interface SecretEnv {
  [name: string]: string | undefined;
}

/** Where a password comes from, in this order: descriptor, MMBIN_KEY_PASSWORD, a person; null where there is none. */
export interface PasswordSource {
  fd: number | null;
  env: SecretEnv;
  terminal: Terminal | null;
}

/** The password of a key, as bytes that the caller wipes. `isNew` asks twice, and wants some length. */
export async function readPassword(source: PasswordSource, name: string, isNew: boolean): Promise<Uint8Array> {
  const password = await passwordOf(source, name, isNew);
  if (isNew && password.length < PASSWORD_BYTES_MIN) {
    wipe(password);
    throw keyError(`the password has fewer than ${PASSWORD_BYTES_MIN} characters`);
  }
  return password;
}

async function passwordOf(source: PasswordSource, name: string, isNew: boolean): Promise<Uint8Array> {
  if (source.fd !== null) return readSecretLine(source.fd, "--password-fd");
  const text = source.env.MMBIN_KEY_PASSWORD;
  if (text !== undefined && text !== "") {
    // Whatever this process starts or prints later shall not have it.
    delete source.env.MMBIN_KEY_PASSWORD;
    return new TextEncoder().encode(text);
  }
  const { terminal } = source;
  if (terminal === null) {
    throw keyError(`the password of ${name} is missing: --password-fd N, MMBIN_KEY_PASSWORD, or a terminal to ask at`);
  }
  const password = await terminal.secret(`${isNew ? "new password" : "password"} of ${name}: `);
  if (!isNew) return password;
  const again = await terminal.secret("the same again: ");
  const isSame = password.length === again.length && password.every((byte, i) => byte === again[i]);
  wipe(again);
  if (isSame) return password;
  wipe(password);
  throw keyError("the two passwords differ");
}

/** The terminal of this process; null where stdin is none, as in scripts: nobody is asked there. */
export function openTerminal(): Terminal | null {
  return process.stdin.isTTY ? new KeyboardTerminal() : null;
}

/** stdin in raw mode while somebody types a secret: what the terminal itself would edit and interrupt is done here. */
class KeyboardTerminal implements Terminal {
  /** Typed or pasted before it was asked for. */
  #waiting: number[] = [];

  async secret(prompt: string): Promise<Uint8Array> {
    const editor = await this.#read(prompt, true);
    if (editor.state === "done") return editor.take();
    if (editor.state === "interrupted") throw new UserError(130, "interrupted");
    throw keyError(editor.state === "long" ? "what was typed is too long" : "nothing was typed");
  }

  async line(prompt: string): Promise<string> {
    const editor = await this.#read(prompt, false);
    return editor.state === "done" ? new TextDecoder().decode(editor.take()) : "";
  }

  #read(prompt: string, isSecret: boolean): Promise<LineEditor> {
    const { stdin } = process;
    if (isSecret) stdin.setRawMode(true);
    process.stderr.write(prompt);
    const editor = new LineEditor();
    return new Promise((resolve) => {
      const take = (): boolean => {
        while (this.#waiting.length > 0 && editor.state === "open") editor.push(this.#waiting.shift() as number);
        if (editor.state === "open") return false;
        if (isSecret) {
          stdin.setRawMode(false);
          // The end of the line was not shown either.
          writeError("");
        }
        stdin.pause();
        resolve(editor);
        return true;
      };
      if (take()) return;
      const onData = (chunk: Buffer): void => {
        this.#waiting.push(...chunk);
        wipe(chunk);
        if (!take()) return;
        stdin.off("data", onData);
        stdin.off("end", onEnd);
      };
      const onEnd = (): void => {
        this.#waiting.push(END_OF_INPUT);
        take();
      };
      stdin.on("data", onData);
      stdin.on("end", onEnd);
      stdin.resume();
    });
  }
}

/** Ctrl-D. */
const END_OF_INPUT = 0x04;

/** What the keys of a keyboard do to a line that is typed unseen. */
export class LineEditor {
  state: "open" | "done" | "interrupted" | "ended" | "long" = "open";
  readonly #bytes = new Uint8Array(LINE_BYTES_MAX);
  #length = 0;

  push(byte: number): void {
    if (this.state !== "open") return;
    if (byte === 0x0d || byte === 0x0a) this.#end(this.#length === 0 ? "ended" : "done");
    else if (byte === 0x03) this.#end("interrupted");
    else if (byte === END_OF_INPUT) this.#end("ended");
    else if (byte === 0x15) this.#length = 0;
    else if (byte === 0x08 || byte === 0x7f) this.#rubOut();
    else if (byte >= 0x20) this.#put(byte);
  }

  /** What was typed; the editor keeps nothing. */
  take(): Uint8Array {
    const line = this.#bytes.slice(0, this.#length);
    wipe(this.#bytes);
    this.#length = 0;
    return line;
  }

  #put(byte: number): void {
    // Half of a secret must never pass for the whole of it.
    if (this.#length === LINE_BYTES_MAX) {
      this.#end("long");
      return;
    }
    this.#bytes[this.#length] = byte;
    this.#length += 1;
  }

  #end(state: "done" | "interrupted" | "ended" | "long"): void {
    this.state = state;
    if (state === "done") return;
    wipe(this.#bytes);
    this.#length = 0;
  }

  /** The last character: in UTF-8 its further bytes begin with the bits 10. */
  #rubOut(): void {
    while (this.#length > 0) {
      this.#length -= 1;
      if (((this.#bytes[this.#length] as number) & 0xc0) !== 0x80) return;
    }
  }
}
