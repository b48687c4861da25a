// The keys of the person: kept by the browser for this page, as things that can open but that
// no script can read, this one included.

import { importKey } from "./sealed.js";

const DATABASE = "ailoop";
const STORE = "keys";
const LONGEST = 64 * 1024;

/** Read all keys that are kept. A browser may keep nothing; then there is none. */
export const kept = read();

async function read() {
  try {
    return await inStore("readonly", (store) => store.getAll());
  } catch {
    return [];
  }
}

/**
 * Keep the key of a file.
 * @param {File} file
 * @throws {Error} its sentence is for a person
 */
export async function add(file) {
  let jwk;
  try {
    jwk = JSON.parse(await file.slice(0, LONGEST).text());
  } catch {
    throw new Error("That file is no key.");
  }
  const key = await importKey(jwk);
  try {
    await inStore("readwrite", (store) => store.put(key));
  } catch {
    throw new Error("This browser keeps nothing for this page, so no key either.");
  }
  return key;
}

/** Forget a key. */
export async function remove(kid) {
  await inStore("readwrite", (store) => store.delete(kid));
}

/** Do something in the one store of the one database. */
async function inStore(mode, act) {
  const opening = indexedDB.open(DATABASE, 1);
  opening.addEventListener("upgradeneeded", () => opening.result.createObjectStore(STORE, { keyPath: "kid" }));
  const database = await settled(opening);
  try {
    return await settled(act(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}
