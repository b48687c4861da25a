// Who is here. The credential becomes a cookie that no script can read. A browser hands it to
// every port of a host, so it is worth nothing without the token that this page keeps, which it
// repeats with each request: what is stored is for this page's own port.

import { get, remove, set } from "./settings.js";

const PATH = "/api/v1/session";
const AGAIN = 2000;
const STORED = "csrf";

const here = { authentication: false, name: null, grants: [], csrf: get(STORED) };

const byId = (id) => document.getElementById(id);

async function ask(method, body) {
  const headers = { ...(body && { "Content-Type": "application/json" }), ...proof() };
  const answer = await fetch(PATH, { method, headers, body: body && JSON.stringify(body) });
  return { status: answer.status, value: await answer.json() };
}

/** Return the headers of a request that our page makes. */
export function proof() {
  return here.csrf ? { "X-Ailoop-Csrf": here.csrf } : {};
}

/** Return the same for a WebSocket, which has no headers, as subprotocols. */
export const socketProof = () => (here.csrf ? [`ailoop.csrf.${here.csrf}`] : []);

/** Return the name that the server knows this person by, or null where it asks nobody. */
export const knownAs = () => here.name;

/** Find out who is here, and have somebody sign in if the server wants it; then return. */
export async function enter() {
  for (;;) {
    try {
      const { status, value } = await ask("GET");
      if (status === 200) return settle(value);
      if (status === 401) return settle(await signIn());
    } catch {
      // It is away for the moment.
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
}

function settle(value) {
  Object.assign(here, { csrf: undefined }, value);
  if (here.csrf) set(STORED, here.csrf);
  if (!here.authentication) return;
  byId("sign-out").hidden = false;
  byId("sign-out").addEventListener("click", async () => {
    await ask("DELETE").catch(() => {});
    remove(STORED);
    location.reload();
  });
}

/** Show the dialog until a credential is good. */
function signIn() {
  const dialog = byId("sign-in");
  const field = byId("credential");
  const problem = byId("sign-in-problem");
  dialog.showModal();
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  return new Promise((resolve) => {
    byId("sign-in-form").addEventListener("submit", async (event) => {
      event.preventDefault();
      problem.textContent = "";
      try {
        const { status, value } = await ask("POST", { credential: field.value });
        if (status === 200) {
          field.value = "";
          dialog.close();
          resolve(value);
          return;
        }
        problem.textContent = value.error;
      } catch {
        problem.textContent = "The server cannot be reached; try again.";
      }
      field.select();
    });
  });
}

/** See whether the server still knows who is here; begin anew if not. What was written is kept. */
export async function check() {
  if (!here.authentication) return;
  const { status } = await ask("GET").catch(() => ({ status: 0 }));
  if (status === 401) location.reload();
}
