/** What Node has, and a page has not; `platform.browser.ts` takes its place in a page's bundle. */

interface Process {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly emitWarning?: (sentence: string, type: string) => void;
  readonly versions?: { readonly node?: string };
}

/** A key of WebCrypto's, where TypeScript knows them: not with the types of Node 18 alone. */
export type PlatformKey = typeof globalThis extends { CryptoKey: { prototype: infer K } }
  ? K
  : unknown;

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
export async function otherCrypto(): Promise<unknown> {
  return (await import("crypto")).webcrypto;
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
