/** What Python has sealed opens here, and says the same; what it refuses is refused. */

import { beforeAll, describe, expect, test } from "vitest";

import { UnreadAnswer } from "../src/errors.js";
import type { Message, ResponseMessage } from "../src/model.js";
import { openAnswer } from "../src/sealed/answers.js";
import { Key, type KeyMembers } from "../src/sealed/keys.js";
import { sealDecision } from "../src/sealed/decisions.js";
import { unseal } from "../src/sealed/jwe.js";
import { openMessage, SealedMessage } from "../src/sealed/opening.js";
import { placeOf, samePrompt, sealMessage } from "../src/sealed/prompts.js";
import { ReplySecret } from "../src/sealed/reply.js";
import type { Kept, Told } from "../src/sealing.js";
import { fromHex, toHex } from "../src/trust/bytes.js";
import { contentHash } from "../src/trust/canonical.js";
import { hiddenOf, sealedHash, sealedPart } from "../src/trust/hidden.js";
import { golden } from "./golden.js";

interface Prompt {
  readonly name: string;
  readonly by: string;
  readonly clear: Message;
  readonly sealed: Message;
  readonly secret?: string;
  readonly nonce?: string;
  readonly fingerprint?: string;
  readonly reply_to?: KeyMembers;
  readonly content_hash?: string;
  readonly prompt_hash?: string;
}

interface Answer {
  readonly name: string;
  readonly by: string;
  readonly prompt: string;
  readonly told?: Told;
  readonly recorded: ResponseMessage;
  readonly opened: Pick<ResponseMessage, "content"> & { metadata: unknown };
  readonly answer_hash?: string;
}

interface Frames {
  readonly keys: Readonly<Record<"ann" | "bob" | "agent", KeyMembers>>;
  readonly prompts: readonly Prompt[];
  readonly answers: readonly Answer[];
  readonly unopened: readonly { name: string; message: Message; trouble: string }[];
  readonly unread: readonly {
    name: string;
    prompt: string;
    recorded: ResponseMessage;
    why: string;
  }[];
}

const frames = golden("sealed.json") as Frames;
const asking = frames.prompts.filter((one) => one.secret !== undefined);

let ann: Key, bob: Key, agent: Key;

beforeAll(async () => {
  [ann, bob, agent] = await Promise.all([
    Key.load(frames.keys.ann),
    Key.load(frames.keys.bob),
    Key.load(frames.keys.agent),
  ]);
});

/** Return what the agent has kept of a prompt. */
function keptOf(name: string): Kept {
  const { secret = "", content_hash = "", prompt_hash = "" } = promptOf(name);
  return { reply_secret: secret, content_hash, prompt_hash };
}

function promptOf(name: string): Prompt {
  const found = frames.prompts.find((one) => one.name === name && one.by === "python");
  if (!found) throw new Error(`there is no prompt ${name}`);
  return found;
}

describe("prompts", () => {
  test.each(frames.prompts)("$name, by $by, is read by its recipients", async (frame) => {
    for (const key of [ann, bob]) {
      const opened = await openMessage(frame.sealed, [agent, key]);
      expect(opened).toBeInstanceOf(SealedMessage);
      expect(opened).toMatchObject({ isOpen: true, keyName: key.name, trouble: null });
      expect(opened.content).toEqual(frame.clear.content);
      expect(opened.metadata).toEqual(frame.clear.metadata);
    }
    expect(await openMessage(frame.sealed, [agent])).toMatchObject({
      isOpen: false,
      trouble: expect.stringContaining("it is for ann-") as unknown,
    });
  });

  test.each(asking)("$name, by $by, has the secret of who asks", async (frame) => {
    const { content, metadata } = frame.clear;
    const inner = metadata ? { content, metadata } : { content };
    const own = await agent.derive("replies");
    const secret = await ReplySecret.of(own, placeOf(frame.clear), inner);
    expect(toHex(secret.secret)).toBe(frame.secret);
    expect(await secret.nonce()).toBe(frame.nonce);
    expect(await secret.fingerprint()).toBe(frame.fingerprint);
    expect((await secret.key()).dump()).toEqual(frame.reply_to);
    expect(sealedPart(frame.sealed.metadata)).toMatchObject({ fingerprint: frame.fingerprint });
  });

  test.each(asking)("$name, by $by, has the hashes of its receipt", async (frame) => {
    const { content, metadata } = frame.sealed;
    expect(await contentHash(frame.clear.content)).toBe(frame.content_hash);
    expect(await sealedHash(content.type, sealedPart(metadata) ?? {})).toBe(frame.prompt_hash);
  });

  test.each(frames.prompts)("$name, by $by, is the same when it is sealed here", async (frame) => {
    const { sealed, kept } = await sealMessage(
      frame.clear,
      [ann, bob],
      await agent.derive("replies"),
    );
    expect(sealed.content).toEqual(frame.sealed.content);
    expect(sealed.metadata?.["priority"]).toBe(frame.sealed.metadata?.["priority"]);
    expect(kept?.reply_secret).toBe(frame.secret);
    expect(kept?.content_hash).toBe(frame.content_hash);
    expect(samePrompt(sealed, frame.sealed)).toBe(frame.secret !== undefined);
    expect((await openMessage(sealed, [bob])).content).toEqual(frame.clear.content);
    expect(JSON.stringify(sealed)).not.toContain("kumquat");
  });

  test.each(frames.unopened)("$name is not opened", async ({ message, trouble }) => {
    const opened = await openMessage(message, [ann]);
    expect(opened).toMatchObject({ isOpen: false, keyName: null, trouble });
    expect(opened.content).toEqual(message.content);
  });
});

describe("answers", () => {
  test.each(frames.answers)("$name, by $by, is opened", async (frame) => {
    const opened = await openAnswer(frame.recorded, keptOf(frame.prompt));
    expect(opened.content).toEqual(frame.opened.content);
    expect(opened.metadata ?? null).toEqual(frame.opened.metadata);
    const { content_hash: contentHash, prompt_hash: promptHash } = keptOf(frame.prompt);
    const hidden = { contentHash, promptHash, answerHash: frame.answer_hash };
    expect(hiddenOf(opened)).toEqual(frame.answer_hash === undefined ? undefined : hidden);
  });

  test.each(frames.answers.filter((one) => one.told))("$name, by $by, is given", async (frame) => {
    const { told = {}, recorded } = frame;
    const prompt = await openMessage(promptOf(frame.prompt).sealed, [ann]);
    if (!(prompt instanceof SealedMessage)) throw new Error("it is not sealed");
    const { sealed, ...clear } = await sealDecision(prompt, told);
    const { answer, response_type } = recorded.content;
    expect(clear).toMatchObject({ response_type, ...(answer === null ? {} : { answer }) });
    expect(clear).not.toHaveProperty("reason");
    const metadata = { ...recorded.metadata, sealed };
    const opened = await openAnswer({ ...recorded, metadata }, keptOf(frame.prompt));
    expect(opened.content).toEqual(frame.opened.content);
    expect(opened.metadata ?? null).toEqual(frame.opened.metadata);
  });

  test.each(frames.unread)("$name is not believed", async ({ prompt, recorded, why }) => {
    const opening = openAnswer(recorded, keptOf(prompt));
    await expect(opening).rejects.toBeInstanceOf(UnreadAnswer);
    await expect(opening).rejects.toThrow(why);
  });

  test("without what was kept nothing is opened", async () => {
    const recorded = frames.answers[0]?.recorded as ResponseMessage;
    await expect(openAnswer(recorded, undefined)).rejects.toThrow("wait with the prompt's ticket");
  });

  test("whoever lacks the secret opens nothing", async () => {
    const { recorded, prompt } = frames.answers[0] as Answer;
    const secret = fromHex(keptOf(prompt).reply_secret ?? "");
    const other = { ...keptOf(prompt), reply_secret: toHex(secret.map((byte) => byte ^ 1)) };
    await expect(openAnswer(recorded, other)).rejects.toThrow("not for the key reply");
    const key = await new ReplySecret(secret).key();
    const part = sealedPart(recorded.metadata) ?? {};
    const { value } = await unseal(part, [key], placeOf(recorded));
    expect(value).toMatchObject({ nonce: promptOf(prompt).nonce });
  });
});
