/** What Node has, and a page has not; `platform.browser.ts` takes its place in a page's bundle. */

interface Process {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly emitWarning?: (sentence: string, type: string) => void;
  readonly versions?: { readonly node?: string };
}

/** A key of WebCrypto's, which TypeScript knows by that name only where it knows pages. */
export type PlatformKey = Awaited<ReturnType<Crypto["subtle"]["importKey"]>>;

const { process: node } = globalThis as { process?: Process };

/** Whether this runs in a browser, which shares few connections among all. */
export function isPage(): boolean {
  return !node?.versions?.node;
}

/** Return a variable of the environment, where there is one. */
export function variable(name: string): string | undefined {
  return node?.env?.[name] || undefined;
}

/** Return what a file holds. */
export async function readFile(path: string): Promise<string> {
  const files = await import("fs/promises");
  return files.readFile(path, "utf8");
}

/** Return the cryptography of the platform where it is no global: in Node 18. */
export async function otherCrypto(): Promise<Crypto> {
  return (await import("crypto")).webcrypto as Crypto;
}

/** Return the class that opens WebSockets where the platform has none: Node before 22. */
export async function otherWebSocket(): Promise<unknown> {
  return (await import("ws")).WebSocket;
}

/** Warn whoever runs the program. */
export function warn(sentence: string): void {
  if (node?.emitWarning) node.emitWarning(sentence, "VersionWarning");
  else console.warn(sentence);
}
