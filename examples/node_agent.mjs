// An agent in Node, beside one in Python on the same channel: `python_beside_node.py` starts it.
//
// What it asks the other one can wait for, too: a ticket is the same text in both languages.

// In a project of your own: import { AiloopClient } from "ailoop-js";
import { AiloopClient } from "../typescript/dist/esm/index.js";

const client = new AiloopClient({ role: "agent" });

const ticket = await client.postQuestion("release", "Which version?", {
  choices: ["1.4", "2.0"],
  timeout: 900,
});
console.log(String(ticket));

const { content } = await client.wait(ticket);
if (content.answer === null) {
  console.log("nobody decided");
} else if (await client.authorize("release", `publish ${content.answer} on npm`, { timeout: 900 })) {
  console.log(`published ${content.answer} on npm`);
} else {
  console.log(`${content.answer} stays off npm`);
}
await client.close();
