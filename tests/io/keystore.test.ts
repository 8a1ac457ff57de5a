import { describe, expect, test } from "bun:test";
import { addressIn, decryptKey, encryptKey, type KeyFile, parseKeyFile } from "../../src/io/keystore.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const NOTES = { account: "0x2222222222222222222222222222222222222222", venue: "testnet", addedMs: 1_790_000_000_000 };
const ADDRESS = "0x14791697260e4c9a71f18484c9f997b308e59325";
const KEY = Uint8Array.from(Buffer.from("0123456789".repeat(6).concat("0123"), "hex"));
const N = 2 ** 10;

/** Test vectors of the Web3 Secret Storage Definition: password "testpassword", one key. */
const OFFICIAL = {
  scrypt: {
    crypto: {
      cipher: "aes-128-ctr",
      cipherparams: { iv: "83dbcc02d8ccb40e466191a123791e0e" },
      ciphertext: "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
      kdf: "scrypt",
      kdfparams: {
        dklen: 32,
        n: 262_144,
        r: 1,
        p: 8,
        salt: "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
      },
      mac: "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
    },
    id: "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    version: 3,
  },
  pbkdf2: {
    crypto: {
      cipher: "aes-128-ctr",
      cipherparams: { iv: "6087dab2f9fdbbfaddc31a909735c1e6" },
      ciphertext: "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
      kdf: "pbkdf2",
      kdfparams: {
        c: 262_144,
        dklen: 32,
        prf: "hmac-sha256",
        salt: "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
      },
      mac: "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
    },
    id: "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    version: 3,
  },
};
const OFFICIAL_KEY = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

const made = (): KeyFile => encryptKey(KEY, ADDRESS, utf8("correct horse"), NOTES, N);
const texted = (file: object): KeyFile => parseKeyFile(JSON.stringify(file), "k.json");

describe("key files of others", () => {
  test.each(["scrypt", "pbkdf2"] as const)(
    "the official vector with %s opens",
    (kdf) => {
      const file = texted(OFFICIAL[kdf]);
      expect(hexOf(decryptKey(file, utf8("testpassword"), "k"))).toBe(OFFICIAL_KEY);
      expect(addressIn(file)).toBeNull();
    },
    60_000,
  );

  test("as early writers spelt it, and with 0x and capitals in the address", () => {
    const { crypto, ...rest } = made();
    const file = texted({ ...rest, Crypto: crypto, address: "0x14791697260E4C9A71F18484C9F997B308E59325" });
    expect(addressIn(file)).toBe(ADDRESS);
    expect(decryptKey(file, utf8("correct horse"), "k")).toEqual(KEY);
  });
});

describe("our key files", () => {
  test("open again, keep the notes, and hold the key nowhere in clear", () => {
    const file = texted(made());
    expect(decryptKey(file, utf8("correct horse"), "k")).toEqual(KEY);
    expect([file.mmbin, addressIn(file)]).toEqual([NOTES, ADDRESS]);
    expect(JSON.stringify(file)).not.toContain(hexOf(KEY));
  });

  test("no two are alike: salt, vector and id are new each time", () => {
    const [a, b] = [made(), made()];
    expect(a.crypto.kdfparams.salt).not.toBe(b.crypto.kdfparams.salt);
    expect(a.crypto.cipherparams.iv).not.toBe(b.crypto.cipherparams.iv);
    expect(a.crypto.ciphertext).not.toBe(b.crypto.ciphertext);
    expect(a.id).not.toBe(b.id as string);
  });

  test.each(["correct horsf", "correct horse ", "", "Correct horse"])("the password %p is wrong", (password) => {
    expect(() => decryptKey(made(), utf8(password), "k.json")).toThrow("k.json: wrong password, or a damaged file");
  });

  test.each(["ciphertext", "mac"] as const)("a changed %s is noticed", (part) => {
    const file = made();
    const [first] = file.crypto[part];
    file.crypto[part] = `${first === "0" ? "1" : "0"}${file.crypto[part].slice(1)}`;
    expect(() => decryptKey(file, utf8("correct horse"), "k")).toThrow("wrong password, or a damaged file");
  });

  test("a password in any script", () => {
    const file = encryptKey(KEY, ADDRESS, utf8("пароль密码"), NOTES, N);
    expect(decryptKey(file, utf8("пароль密码"), "k")).toEqual(KEY);
  });
});

const scrypt = (over: object): object => {
  const file = made();
  return { ...file, crypto: { ...file.crypto, kdfparams: { ...file.crypto.kdfparams, ...over } } };
};

describe("what is no key file", () => {
  test.each([
    ["nothing", "", "no JSON"],
    ["a list", "[]", "no Web3 key file of version 3"],
    ["another version", JSON.stringify({ ...made(), version: 1 }), "version"],
    [
      "another cipher",
      JSON.stringify({ ...made(), crypto: { ...made().crypto, cipher: "aes-128-cbc" } }),
      "crypto.cipher",
    ],
    ["another stretching", JSON.stringify({ ...made(), crypto: { ...made().crypto, kdf: "argon2" } }), "crypto.kdf"],
    [
      "a short ciphertext",
      JSON.stringify({ ...made(), crypto: { ...made().crypto, ciphertext: "00" } }),
      "crypto.ciphertext",
    ],
    ["a short key", JSON.stringify(scrypt({ dklen: 16 })), "crypto.kdfparams.dklen"],
    ["a bad salt", JSON.stringify(scrypt({ salt: "xyz" })), "crypto.kdfparams.salt"],
    ["a bad address", JSON.stringify({ ...made(), address: "0x12" }), "address"],
  ])("%s is refused by name", (_, text, word) => {
    expect(() => parseKeyFile(text, "k.json")).toThrow(word);
    expect(() => parseKeyFile(text, "k.json")).toThrow("k.json: ");
  });

  test.each([
    ["n is no power of two", { n: 1_000 }],
    ["4 GiB of memory", { n: 2 ** 22 }],
    ["hours of work", { n: 2 ** 10, r: 1, p: 2 ** 22 }],
  ])("absurd work is refused: %s", (_, over) => {
    const start = performance.now();
    expect(() => decryptKey(texted(scrypt(over)), utf8("x"), "k")).toThrow("impossible, or more than anybody needs");
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  test("absurd rounds of hashing are refused", () => {
    const file = texted({
      ...OFFICIAL.pbkdf2,
      crypto: { ...OFFICIAL.pbkdf2.crypto, kdfparams: { ...OFFICIAL.pbkdf2.crypto.kdfparams, c: 2 ** 40 } },
    });
    expect(() => decryptKey(file, utf8("x"), "k")).toThrow("more than anybody needs");
  });
});
