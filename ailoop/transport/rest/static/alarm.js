// Calling a person who looks elsewhere: a sound, and a notification of the desktop. What is
// urgent rings, what is low never makes itself heard.

import { plainText } from "./text.js";

/** Frequencies in Hz, one after the other. */
const TONES = { urgent: [880, 660, 880, 660, 880], high: [660, 880], normal: [660] };
const TONE_SECONDS = 0.16;
const LONGEST = 200;

let audio = null;
/** Notifications that are on the desktop, by the id of the prompt that waits. */
const notices = new Map();

/**
 * Have sound ready. A browser holds it back until a person touches the page.
 * @param {() => void} changed called when it is ready, or not any more
 */
export async function tune(changed) {
  audio ??= new AudioContext();
  audio.onstatechange = changed;
  await audio.resume().catch(() => {});
}

/** Whether sound would be heard. */
export function isTuned() {
  return audio?.state === "running";
}

/** Sound what belongs to a priority. What could not be heard now must not be heard later. */
export function ring(priority) {
  const tones = TONES[priority];
  if (!tones || !isTuned()) return;
  const gain = audio.createGain();
  gain.gain.value = priority === "urgent" ? 0.25 : 0.1;
  gain.connect(audio.destination);
  tones.forEach((frequency, index) => {
    const tone = audio.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(gain);
    const start = audio.currentTime + index * TONE_SECONDS;
    tone.start(start);
    tone.stop(start + TONE_SECONDS * 0.8);
  });
}

/** Whether a notification would be shown. */
export function canNotify() {
  return "Notification" in window && Notification.permission === "granted";
}

/** Ask a person's leave to notify; only ever because of their click. */
export async function mayNotify() {
  if (!("Notification" in window)) return false;
  return (await Notification.requestPermission()) === "granted";
}

/** Notify on the desktop, and lead here; of a prompt as long as it `waits`. */
export function notify({ id, priority, title, label, waits }, open) {
  if (!TONES[priority] || !canNotify()) return;
  let body = plainText(label.slice(0, LONGEST));
  if (label.length > LONGEST) body += "…";
  try {
    const made = new Notification(title, { body, tag: id, requireInteraction: priority === "urgent" });
    made.addEventListener("click", () => {
      window.focus();
      made.close();
      open();
    });
    if (waits) notices.set(id, made);
  } catch {
    // Some phones allow it to installed pages only.
  }
}

/** Take back the notifications of prompts that wait no more. */
export function tidy(waits) {
  for (const [id, made] of notices) {
    if (waits(id)) continue;
    made.close();
    notices.delete(id);
  }
}
