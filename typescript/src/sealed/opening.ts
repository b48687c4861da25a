/** What a person's client does with sealed messages: opens them. */

import { type Content, isPrompt, type Message, record, type SenderType } from "../model.js";
import { CryptoMissing } from "../trust/crypto.js";
import { sealedPart } from "../trust/hidden.js";
import { isTooDeep, readContent } from "./contents.js";
import { CannotUnseal, NoKey, unseal } from "./jwe.js";
import type { Key } from "./keys.js";
import { placeOf } from "./prompts.js";

/** Where an answer goes, and what proves that the prompt was read. */
export interface Reply {
  readonly nonce: string;
  readonly reply_to: unknown;
}

const REPLY: unique symbol = Symbol.for("ailoop.reply") as never;

/**
 * A message that came sealed, and what could be made of it. Without a key that opens it, its
 * content is what everybody may see.
 */
export class SealedMessage implements Message {
  readonly id: string;
  readonly channel: string;
  readonly sender_type: SenderType;
  readonly content: Content;
  readonly timestamp: string;
  readonly correlation_id: string | null;
  declare readonly metadata?: Readonly<Record<string, unknown>>;
  /** Whose key has opened it; `null` if none has. */
  readonly keyName: string | null;
  /** Why it cannot be read; `null` if it can. */
  readonly trouble: string | null;
  declare private readonly [REPLY]: Reply | undefined;

  /** @internal */
  constructor(message: Message, state: { keyName?: string; trouble?: string; reply?: Reply }) {
    this.id = message.id;
    this.channel = message.channel;
    this.sender_type = message.sender_type;
    this.content = message.content;
    this.timestamp = message.timestamp;
    this.correlation_id = message.correlation_id;
    if (message.metadata !== undefined) this.metadata = message.metadata;
    this.keyName = state.keyName ?? null;
    this.trouble = state.trouble ?? null;
    // It is no part of what is printed, copied or written down.
    Object.defineProperty(this, REPLY, { value: state.reply });
  }

  /** As with errors, it holds also where this package is loaded twice. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && REPLY in value;
  }

  /** @internal Return where the answer goes. */
  static replyOf(message: SealedMessage): Reply | undefined {
    return message[REPLY];
  }

  /** Whether it can be read here. */
  get isOpen(): boolean {
    return this.trouble === null;
  }
}

/** Return a message as whoever has these keys may read it; most are not sealed. */
export async function openMessage(message: Message, keys: readonly Key[]): Promise<Message> {
  const part = sealedPart(message.metadata);
  if (message instanceof SealedMessage || !part || message.content.type === "response")
    return message;
  if (keys.length === 0)
    return new SealedMessage(message, { trouble: "it is encrypted, and there is no key here" });
  try {
    const { value, key } = await unseal(part, keys, placeOf(message));
    return opened(message, value, key.name);
  } catch (error) {
    return new SealedMessage(message, { trouble: troubleOf(error) });
  }
}

function troubleOf(error: unknown): string {
  if (error instanceof NoKey) return `it is encrypted: ${error.message}`;
  const isTold = error instanceof CannotUnseal || error instanceof CryptoMissing;
  const said = isTold ? error.message : "it is not understood";
  return `it is encrypted and cannot be opened: ${said}`;
}

/** Return what was sealed, read as strictly as what comes in the clear. */
function opened(message: Message, value: unknown, keyName: string): SealedMessage {
  const inner = record(value, "it");
  if (isTooDeep(inner)) throw new TypeError("nested too deep to be shown");
  const content = readContent(inner["content"]);
  if (content.type !== message.content.type) throw new TypeError("another kind of content");
  const { metadata: clear, ...envelope } = message;
  const metadata = withSender(inner["metadata"], clear);
  const told = metadata ? { ...envelope, metadata } : envelope;
  if (!isPrompt(content) || !isPrompt(message.content))
    return new SealedMessage({ ...told, content }, { keyName });
  const { nonce, reply_to } = inner;
  if (typeof nonce !== "string" || reply_to === undefined)
    throw new TypeError("it takes no answer");
  // How long it waits is the server's word.
  const { timeout_seconds } = message.content;
  const reply = { nonce, reply_to };
  return new SealedMessage(
    { ...told, content: { ...content, timeout_seconds } },
    { keyName, reply },
  );
}

/** Return what was sealed with who sent it, which the server knows better than the sender. */
function withSender(
  said: unknown,
  clear: Message["metadata"],
): Readonly<Record<string, unknown>> | undefined {
  const metadata = said == null ? undefined : record(said, "metadata");
  return clear && "sender" in clear ? { ...metadata, sender: clear["sender"] } : metadata;
}
