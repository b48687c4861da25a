/** What a subscription has seen, so that the next connection goes on from there. */

/** Cursors by channel. Without a prototype: a channel may be called `constructor`. */
export type Cursors = Record<string, number>;

/** Return cursors as they are now. */
export function cursorsOf(given: Readonly<Record<string, number>> = {}): Cursors {
  return Object.assign(Object.create(null) as Cursors, given);
}

/** Take over where the server begins in channels (`null`: all); cursors that are known stay. */
export function takeUp(known: Cursors, begun: Cursors, channels: readonly string[] | null): void {
  for (const [channel, seq] of Object.entries(begun))
    if (channels?.includes(channel) ?? true) known[channel] ??= seq;
}

/** Channels and a cursor in each. */
export class Following {
  declare readonly channels: readonly string[] | null;
  declare readonly cursors: Cursors;
  readonly #replay: number | undefined;
  begun = false;

  /**
   * @param channels their names, or `null` for all there are and will be.
   * @param cursors by channel, the seq last seen.
   * @param replay how many recent messages to begin with where there is no cursor.
   */
  constructor(channels: readonly string[] | null, cursors: Cursors, replay: number | undefined) {
    this.channels = channels;
    this.cursors = cursorsOf(cursors);
    this.#replay = replay;
  }

  /** The channels as the wire names them. */
  get names(): "*" | readonly string[] {
    return this.channels ?? "*";
  }

  /** Whether one of these channels is followed. */
  overlaps(channels: readonly string[] | null): boolean {
    return channels?.some((one) => this.wants(one)) ?? true;
  }

  /** Whether a channel is followed. */
  wants(channel: string): boolean {
    return this.channels?.includes(channel) ?? true;
  }

  /** Return what a request to subscribe says. */
  members(): Record<string, unknown> {
    const after = cursorsOf(this.cursors);
    // A channel that appeared while there was no connection, from its start.
    if (this.begun && this.channels === null) after["*"] = 0;
    const known = Object.keys(after).length > 0;
    return { channels: this.names, after: known ? after : undefined, replay: this.#replay };
  }

  /** Take over where the server begins. */
  begin(cursors: Cursors): void {
    this.begun = true;
    takeUp(this.cursors, cursors, this.channels);
  }

  /** Whether a message is new; if so it counts as seen. */
  advances(channel: string, seq: number): boolean {
    if (seq <= (this.cursors[channel] ?? -1)) return false;
    this.cursors[channel] = seq;
    return true;
  }
}
