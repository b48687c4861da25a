/** What one part hands to whoever waits for it, and how a wait is cut short. */

/** Where one awaited outcome arrives. */
export class Slot<T> {
  /** The outcome. That nobody may await it is no error. */
  declare readonly promise: Promise<T>;
  /** Hand over the outcome; the first one counts. */
  declare put: (value: T) => void;
  /** Hand over a failure, in its place. */
  declare fail: (error: unknown) => void;

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.put = resolve;
      this.fail = reject;
    });
    this.promise.catch(ignore);
  }
}

/** Do nothing. */
export function ignore(): void {
  // On purpose.
}

/** Return what a promise brings, or reject with the signal's reason if it comes first. */
export async function abortable<T>(promise: Promise<T>, signal?: AbortSignal | null): Promise<T> {
  promise.catch(ignore);
  return bounded({ signal }, () => promise);
}

/** What cuts something short. */
export interface Bounds {
  readonly signal?: AbortSignal | null | undefined;
  /** How long it may take. */
  readonly seconds?: number;
  /** Returns what it rejects with when it takes longer. */
  readonly why?: () => unknown;
  /** Where it is while it lasts, for somebody to abort all that are there. */
  readonly among?: Set<AbortController> | undefined;
}

/** Do something within bounds; it gets the signal that stands for all of them. */
export async function bounded<T>(
  bounds: Bounds,
  use: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, seconds, why, among } = bounds;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const cut = new Slot<never>();
  stop.signal.addEventListener("abort", () => {
    cut.fail(stop.signal.reason);
  });
  const abort = () => {
    stop.abort(signal?.reason);
  };
  signal?.addEventListener("abort", abort);
  among?.add(stop);
  const late = () => {
    stop.abort(why?.());
  };
  const timer = seconds === undefined ? undefined : after(seconds, late);
  try {
    return await Promise.race([cut.promise, use(stop.signal)]);
  } finally {
    clearTimeout(timer);
    among?.delete(stop);
    signal?.removeEventListener("abort", abort);
  }
}

/** Return when a promise is settled, or once so many seconds are over. */
export async function within(promise: Promise<unknown>, seconds: number): Promise<void> {
  await bounded({ seconds }, () => promise).catch(ignore);
}

/**
 * Wait.
 *
 * @param among where this is while it lasts, for somebody to end all that are there.
 */
export async function sleep(
  seconds: number,
  signal?: AbortSignal | null,
  among?: Set<Slot<void>>,
): Promise<void> {
  const over = new Slot<void>();
  const timer = after(seconds, over.put);
  among?.add(over);
  try {
    await abortable(over.promise, signal);
  } finally {
    clearTimeout(timer);
    among?.delete(over);
  }
}

const LONGEST_SECONDS = 2e6;

/** A timer as `clearTimeout` takes it. */
export type Timer = ReturnType<typeof setTimeout>;

/** Call a function after so many seconds; no timer takes more than 24 days. */
export function after(seconds: number, call: () => void): Timer {
  return setTimeout(call, Math.ceil(Math.min(Math.max(seconds, 0), LONGEST_SECONDS) * 1000));
}

/** Tell Node whether a timer alone keeps the process; a page has no such question. */
export function holds(timer: Timer | undefined, held: boolean): void {
  (timer as Partial<NodeJS.Timeout> | undefined)?.[held ? "ref" : "unref"]?.();
}

/** Return the seconds of a clock that does not jump. */
export function clock(): number {
  return performance.now() / 1000;
}
