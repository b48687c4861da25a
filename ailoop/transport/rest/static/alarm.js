// Calling a person who looks elsewhere: a sound, and a notification of the desktop. What is
// urgent rings, what is low never makes itself heard.

import { plainText } from "./text.js";

/** Frequencies in Hz, one after the other. */
const TONES = { urgent: [880, 660, 880, 660, 880], high: [660, 880], normal: [660] };
const TONE_SECONDS = 0.16;
const LONGEST = 200;

let audio = null;

/** Sound what belongs to a priority. */
export function ring(priority) {
  const tones = TONES[priority];
  if (!tones) return;
  audio ??= new AudioContext();
  // Browsers hold back sound until a person has touched the page.
  audio.resume().catch(() => {});
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

/** Ask a person's leave to notify; only ever because of their click. */
export async function mayNotify() {
  if (!("Notification" in window)) return false;
  return (await Notification.requestPermission()) === "granted";
}

/** Notify on the desktop, and lead here. */
export function notify({ id, priority, title, label }, open) {
  if (!TONES[priority] || !("Notification" in window) || Notification.permission !== "granted") return;
  let body = plainText(label.slice(0, LONGEST));
  if (label.length > LONGEST) body += "…";
  try {
    const made = new Notification(title, { body, tag: id, requireInteraction: priority === "urgent" });
    made.addEventListener("click", () => {
      window.focus();
      made.close();
      open();
    });
  } catch {
    // Some phones allow it to installed pages only.
  }
}
