/** Whether anybody was shown a prompt: what agents ask, and what surfaces tell. */

import { understood } from "./answer.js";
import { NotFound, PromptLost, Undelivered } from "./errors.js";
import { type Delivery, type Showing, readDelivery, record } from "./model.js";
import { PersonVerbs } from "./person.js";
import { bounded } from "./slot.js";
import type { Waiting } from "./steps.js";
import { Subscription } from "./subscription.js";
import { type PromptRef, Ticket, promptIdOf, promptIdsOf } from "./ticket.js";

/** For how long one request waits; what lies between may cut a longer one. */
const SLICE_SECONDS = 30;

/** What a surface says of itself. */
export interface ShowOptions extends Waiting {
  /** Who the person is. */
  readonly name?: string | undefined;
  /** What shows the prompts, such as `terminal`. */
  readonly surface?: string | undefined;
}

/** The part of a client that is about who is before a prompt. */
export abstract class PresenceVerbs extends PersonVerbs {
  /** Return how far a prompt has come: whether it was listed, who saw it, who types. */
  async delivery(prompt: PromptRef, options: Waiting = {}): Promise<Delivery> {
    return (await this.#delivery(prompt, 0, options)).delivery;
  }

  /**
   * Return once a surface shows the prompt, or once it has settled; it goes on waiting for its
   * answer. It rejects with `Undelivered` if no surface has shown it in that time.
   *
   * @param options `within`: seconds to wait for that, whether or not the server can be reached.
   */
  async waitDelivered(
    prompt: PromptRef,
    options: Waiting & { readonly within: number },
  ): Promise<Delivery> {
    const { within, signal } = options;
    const why = () => new Undelivered(promptIdOf(prompt), within);
    return bounded({ signal, seconds: within, why }, async (stop) => {
      for (;;) {
        const seconds = Math.min(within, SLICE_SECONDS);
        const { delivery, state } = await this.#delivery(prompt, seconds, { signal: stop });
        if (delivery.delivered_at !== null || state !== "pending") return delivery;
      }
    });
  }

  /** Return how far a prompt has come, after so many seconds at most, and its state. */
  async #delivery(prompt: PromptRef, wait: number, { signal }: Waiting) {
    const id = promptIdOf(prompt);
    const rest = await this.rest(signal);
    try {
      const asked = { query: { wait }, signal };
      const { body } = await rest.insist("GET", `/api/v1/messages/${id}/delivery`, asked);
      return understood(() => ({
        delivery: readDelivery(id, body),
        state: record(body, "body")["state"],
      }));
    } catch (error) {
      if (prompt instanceof Ticket && error instanceof NotFound)
        throw new PromptLost(error.details);
      throw error;
    }
  }

  /**
   * Tell how prompts stand with a surface; for programs that show them to people.
   *
   * It holds until told otherwise or until the connection ends; then it is to be told again.
   * Prompts that have settled, or are not known any more, are left out.
   *
   * @param state `delivered`: listed; `seen`: before somebody's eyes; `typing`: being answered,
   *   only over a WebSocket.
   */
  async show(
    prompts: PromptRef | Iterable<PromptRef>,
    state: Showing,
    options: ShowOptions = {},
  ): Promise<void> {
    const { name, surface, signal } = options;
    const ids = promptIdsOf(prompts);
    const link = await this.link(signal);
    if (ids.length) await link.show(ids, { state, name, surface }, signal);
  }

  /**
   * Hear how the prompts that this client has shown stand with others.
   *
   * Of a prompt that changes faster than it is read only the latest is delivered. Over HTTP alone
   * nothing comes by itself, and reading rejects.
   */
  deliveries(options: Waiting = {}): Subscription<Delivery> {
    const begin = async () => (await this.link(options.signal)).deliveries();
    return new Subscription(begin(), (delivery) => Promise.resolve(delivery), options.signal);
  }
}
