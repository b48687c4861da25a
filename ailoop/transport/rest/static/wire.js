// The WebSocket: kept, made again when it is lost, and resumed from where it was.

import { countChannels } from "./rest.js";
import { check, socketProof } from "./session.js";

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 15_000;
const SILENCE = 20_000;
const PATIENCE = 10_000;
const REPLAYED = 10_000;
const REPLAYED_OF_ONE = 1000;
/** The server closes so when a frame is too large for it. */
const TOO_LARGE = 1009;

/**
 * A connection that speaks `ailoop.v1`. `on` has functions: `state` (connecting, connected or
 * lost), `ready` (subscribed; messages are about to come), `message`, `gap`, `delivery`.
 */
export class Wire {
  constructor(on) {
    this.on = on;
    /** The last seq that was seen, by channel. */
    this.cursors = {};
    this.begun = false;
    this.pause = FIRST_PAUSE;
    this.waiting = new Map();
    this.nextRef = 1;
    addEventListener("online", () => this.wake());
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    this.on.state("connecting");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws`, ["ailoop.v1", ...socketProof()]);
    this.socket = socket;
    this.expect(PATIENCE);
    const ours = (act) => (event) => socket === this.socket && act(event);
    socket.addEventListener("open", ours(() => this.greet().catch(() => socket === this.socket && this.lose())));
    socket.addEventListener("message", ours((event) => this.receive(JSON.parse(event.data))));
    socket.addEventListener("close", ours((event) => this.closed(event.code)));
  }

  async greet() {
    this.request({ op: "hello", role: "human", client: "ailoop page" });
    const reply = await this.request({ op: "subscribe", channels: "*", ...(await this.beginning()) });
    if (reply.op !== "subscribed") throw new Error(reply.error);
    // Channels that the server has forgotten are forgotten here too.
    const followed = Object.entries(reply.channels);
    this.cursors = Object.fromEntries(followed.map(([channel, seq]) => [channel, this.cursors[channel] ?? seq]));
    this.begun = true;
    this.pause = FIRST_PAUSE;
    this.on.state("connected");
    this.on.ready();
  }

  /** Where to begin: after what was seen, and first with a bounded number of messages. */
  async beginning() {
    if (this.begun) return { after: { ...this.cursors, "*": 0 } };
    const share = Math.ceil(REPLAYED / Math.max(await countChannels(), 1));
    return { replay: Math.min(share, REPLAYED_OF_ONE) };
  }

  /** Send a frame, if there is a connection. */
  send(frame) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  /** Send a request; resolve with its reply, or never if the connection is lost. */
  request(frame) {
    const ref = this.nextRef++;
    return new Promise((resolve) => {
      this.waiting.set(ref, resolve);
      this.send({ ...frame, ref });
    });
  }

  receive(frame) {
    this.expect(SILENCE);
    if (this.waiting.has(frame.ref)) {
      this.waiting.get(frame.ref)(frame);
      this.waiting.delete(frame.ref);
    } else if (frame.op === "message") {
      this.cursors[frame.message.channel] = frame.seq;
      this.on.message(frame.message);
    } else if (frame.op === "gap") {
      this.cursors[frame.channel] = frame.first - 1;
      this.on.gap(frame);
    } else if (frame.op === "delivery") {
      this.on.delivery(frame.id, frame.delivery);
    }
    // What else may come asks nothing of a page: pongs, and errors about prompts just settled.
  }

  /** Ask a server that is silent for a sign of life, and give it up if there is none. */
  expect(milliseconds) {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      if (milliseconds === PATIENCE) this.lose();
      else this.probe();
    }, milliseconds);
  }

  probe() {
    this.expect(PATIENCE);
    this.send({ op: "ping" });
  }

  closed(code) {
    // Too many cursors: to begin anew is all that is left.
    if (code === TOO_LARGE) {
      this.begun = false;
      this.cursors = {};
    }
    this.lose();
  }

  lose() {
    const socket = this.socket;
    this.socket = { readyState: WebSocket.CLOSED, close() {} };
    socket.close();
    clearTimeout(this.silence);
    this.waiting.clear();
    this.on.state("lost");
    // A browser does not say why a WebSocket was refused.
    check();
    // Less a random part, so that many pages do not come back at once.
    this.timer = setTimeout(() => this.connect(), this.pause * (0.5 + Math.random() / 2));
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }

  /** After a sleep, or back on the network: see at once how things stand. */
  wake() {
    if (this.socket.readyState === WebSocket.CLOSED) this.connect();
    else if (this.socket.readyState === WebSocket.OPEN) this.probe();
  }
}
