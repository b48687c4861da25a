// The first thing that runs: where a server wants to know who is here, nothing is shown before.

import { enter } from "./session.js";

await enter();
await import("./main.js");
