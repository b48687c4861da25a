// How the page says what a prompt is, what has become of it, and when.

import { make, name } from "./text.js";

const KINDS = {
  question: "Question",
  authorization: "Permission",
  navigate: "Page to open",
  notification: "Notification",
};

/** Say what a message is. */
export function kindOf(content) {
  return KINDS[content.type] ?? content.type;
}

/** Say for whom a message was encrypted, or why it cannot be read here. */
export function sealWords({ name: owner, trouble }) {
  if (trouble) return ["\u{1f512} Encrypted: ", make("span", "", trouble)];
  return ["\u{1f513} Encrypted for ", name(owner)];
}

/** Whether a response is that nobody answered. */
export function isUnanswered(response) {
  return response.sender_type !== "HUMAN";
}

function verbOf({ content, metadata, sender_type: sender }) {
  const reason = sender === "HUMAN" ? "" : metadata?.reason;
  if (content.response_type === "timeout") return "Expired";
  if (content.response_type === "authorization_approved") return "Approved";
  if (content.response_type === "authorization_denied") return reason === "timeout" ? "Expired, so denied" : "Denied";
  if (content.response_type === "text") return "Answered";
  if (reason === "timeout") return "Expired";
  if (reason === "shutdown") return "Cancelled, the server stopped";
  return reason === "withdrawn" ? "Withdrawn by the agent" : "Cancelled";
}

/** Return, as elements, what was decided, by whom and where. */
export function outcome(response, mine = false) {
  const made = make("div", "decision");
  const { content, metadata, sender_type: sender } = response;
  const line = made.appendChild(make("p"));
  line.append(make("strong", content.response_type, verbOf(response)));
  if (mine) {
    line.append(" by you");
  } else if (sender === "HUMAN") {
    line.append(" by ", name(asText(metadata?.responder) || "somebody"));
    const surface = asText(metadata?.surface);
    if (surface) line.append(" (", name(surface), ")");
  }
  if (content.answer) {
    made.append(make("p", "answer", answerOf(content, metadata)));
    made.lastChild.dir = "auto";
  }
  const reason = sender === "HUMAN" ? asText(metadata?.reason) : "";
  if (reason) {
    const said = made.appendChild(make("p", "reason"));
    said.append("Reason: ", name(reason));
  }
  return made;
}

/** Return an answer as a person reads it: of a form, a line for each of its fields. */
function answerOf({ answer }, metadata) {
  const value = metadata?.value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return answer;
  const lines = Object.entries(value).map(([field, one]) => `${field}: ${asText(one)}`);
  return lines.join("\n");
}

/** Metadata may be anything; what is no text is shown as JSON. */
function asText(value) {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Say how long: rounded up, so that there is no moment at which 0 s are left and it waits. */
export function duration(milliseconds) {
  const whole = Math.max(0, Math.ceil(milliseconds / 1000));
  if (whole < 100) return `${whole} s`;
  if (whole < 100 * 60) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Return a moment as an element: the time, and the day if it is not today. */
export function moment(timestamp) {
  const at = new Date(timestamp);
  const isToday = at.toDateString() === new Date().toDateString();
  const made = make("time", "", (isToday ? CLOCK : DAY).format(at));
  made.dateTime = timestamp;
  made.title = at.toLocaleString();
  return made;
}

/** Join names as elements: ann, bob and 3 more. */
export function people(names) {
  const made = document.createDocumentFragment();
  names.slice(0, 3).forEach((one, index) => made.append(index ? ", " : "", name(one)));
  if (names.length > 3) made.append(` and ${names.length - 3} more`);
  return made;
}
