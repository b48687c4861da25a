/** What the client needs of a connection, whichever protocol it speaks. */

import type { AiloopError } from "./errors.js";
import type { DeliveryFeed, Feed } from "./feed.js";
import type { Cursors } from "./following.js";
import type { Message, ResponseMessage } from "./model.js";
import type { ConnectionState } from "./patience.js";
import type { Told } from "./sealing.js";

/** How a wait is cut short. */
export type Signal = AbortSignal | null | undefined;

/** A subscription under way. */
export interface Followed<F> {
  readonly feed: F;
  /** Whether the server has taken it. */
  readonly ready: Promise<void>;
  /** Follow no longer. */
  close(): void;
}

/** Carries the verbs of an agent or a person to the server, as often as it takes. */
export interface Link {
  /** What became of the first attempt to reach the server. */
  readonly opened: Promise<void>;
  readonly state: ConnectionState;
  /** How many messages nobody waited for the server has not got. */
  readonly dropped: number;
  /** Let out what nobody waits for, and say goodbye, in so many seconds. */
  close(seconds: number): Promise<void>;
  /** Try at once what is due later. */
  hurry(): void;
  /** Post a message; return when it has been accepted. */
  send(message: Message, signal?: Signal): Promise<void>;
  /** Have a message posted; nobody waits for it. */
  sendLater(message: Message): void;
  /**
   * Return the response to a prompt once it exists.
   *
   * @param taken whether the server is known to have taken the prompt.
   */
  wait(promptId: string, taken: boolean, signal?: Signal): Promise<ResponseMessage>;
  /** Settle a prompt for a person; return the recorded response. */
  respond(promptId: string, told: Told, signal?: Signal): Promise<ResponseMessage>;
  /** Settle a prompt as cancelled; return the recorded response. */
  withdraw(promptId: string, signal?: Signal): Promise<ResponseMessage>;
  /** Tell how prompts stand with a surface. */
  show(promptIds: readonly string[], word: Told, signal?: Signal): Promise<void>;
  /** Hear how the prompts that were shown stand with others. */
  deliveries(): Followed<DeliveryFeed>;
  /** Follow channels (`null`: all), each after its cursor where there is one. */
  subscribe(
    channels: readonly string[] | null,
    after: Cursors,
    replay: number | undefined,
    arrived: Arrival,
  ): Followed<Feed>;
}

/** Hears what arrives in a feed, and whether somebody else than a reader wants it. */
export interface Arrival {
  /** Whether events are heard. */
  readonly isHeard: () => boolean;
  readonly message: (message: Message) => void;
  readonly failed: (why: AiloopError) => void;
}
