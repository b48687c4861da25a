/** Keys of people and agents: X25519 (RFC 7748) as JSON Web Keys (RFC 8037). */

import type { PlatformKey } from "../platform.js";
import { fromBase64Url, toBase64Url, utf8, type Bytes } from "../trust/bytes.js";
import { CryptoMissing, hmac, importPrivate, importPublic, sha256 } from "../trust/crypto.js";

/** A JSON Web Key as `ailoop keygen` writes it. */
export interface KeyMembers {
  readonly kty?: unknown;
  readonly crv?: unknown;
  readonly x?: unknown;
  readonly d?: unknown;
  readonly kid?: unknown;
  readonly name?: unknown;
  readonly [more: string]: unknown;
}

const MOST_LETTERS = 200;

/** It is no key of ours. */
export class BadKey extends Error {
  override readonly name = "BadKey";
}

/** A key, or the public half of one. */
export class Key {
  /** What messages name it by. */
  readonly kid: string;
  /** What people call its owner. */
  readonly name: string;
  /** The public half, to be agreed with. */
  readonly public: PlatformKey;
  /** The private half; none where this is a public key. */
  readonly private: PlatformKey | undefined;

  readonly #x: string;
  readonly #d: string | undefined;

  private constructor(
    names: { kid: string; name: string },
    texts: { x: string; d: string | undefined },
    halves: { public: PlatformKey; private: PlatformKey | undefined },
  ) {
    this.kid = names.kid;
    this.name = names.name;
    this.public = halves.public;
    this.private = halves.private;
    this.#x = texts.x;
    this.#d = texts.d;
  }

  /**
   * Make a key of a JSON Web Key.
   * @throws BadKey - it is none, or another kind of key
   * @throws CryptoMissing - this platform knows no such keys
   */
  static async load(value: unknown): Promise<Key> {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new BadKey("not a JSON Web Key");
    }
    const { kty, crv, x, d, kid, name } = value as KeyMembers;
    if (kty !== "OKP" || crv !== "X25519") {
      throw new BadKey("not a key of kind OKP X25519, as `ailoop keygen` makes them");
    }
    const halves = await importHalves(x, d);
    const named = kid ?? (await thumbprint(halves.x));
    const called = name ?? named;
    for (const text of [named, called]) {
      if (typeof text !== "string" || text.length < 1 || text.length > MOST_LETTERS) {
        throw new BadKey(`its kid and its name have 1 to ${String(MOST_LETTERS)} characters`);
      }
    }
    return new Key({ kid: named as string, name: called as string }, halves, halves);
  }

  /** Return the public half as a JSON Web Key. */
  dump(): { kty: "OKP"; crv: "X25519"; x: string; kid: string; name: string } {
    return { kty: "OKP", crv: "X25519", x: this.#x, kid: this.kid, name: this.name };
  }

  /** Return 32 bytes that only the owner of this private key knows. */
  async derive(purpose: string): Promise<Bytes> {
    if (this.#d === undefined) throw new BadKey("a public key, which keeps no secret");
    return hmac(utf8(this.#d), purpose);
  }
}

async function importHalves(
  x: unknown,
  d: unknown,
): Promise<{
  x: string;
  d: string | undefined;
  public: PlatformKey;
  private: PlatformKey | undefined;
}> {
  try {
    const bytes = fromBase64Url(x);
    const secret = d === undefined ? undefined : fromBase64Url(d);
    return {
      x: toBase64Url(bytes),
      d: d as string | undefined,
      public: await importPublic("X25519", bytes),
      private: secret && (await importPrivate(secret)),
    };
  } catch (error) {
    if (error instanceof CryptoMissing) throw error;
    throw new BadKey("not a valid X25519 key");
  }
}

/** Return what follows from a key alone (RFC 7638). */
async function thumbprint(x: string): Promise<string> {
  return toBase64Url(await sha256(utf8(`{"crv":"X25519","kty":"OKP","x":"${x}"}`)));
}
