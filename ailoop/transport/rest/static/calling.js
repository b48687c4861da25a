// Whether a person is called, and how: by what they have switched on, as far as the browser
// lets the page.

import * as alarm from "./alarm.js";
import * as settings from "./settings.js";

const LOUD = ["urgent", "high", "normal"];

const byId = (id) => document.getElementById(id);
const isOn = (setting) => settings.get(setting, "no") === "yes";

/**
 * Call for what has come, as loudly as the loudest of it.
 * @param {object[]} items
 * @param {(id: string) => void} open
 */
export function call(items, open) {
  const loudest = LOUD.find((priority) => items.some((one) => one.priority === priority));
  if (!loudest) return;
  if (isOn("sound")) alarm.ring(loudest);
  if (!isOn("notify") || (document.hasFocus() && loudest !== "urgent")) return;
  for (const item of items) alarm.notify(item, () => open(item.id));
}

/** Have the switches show what is so, and change it. */
export function bindSwitches(announce) {
  bindSound();
  bindNotify(announce);
}

function bindSound() {
  const show = () => (byId("unheard").hidden = !isOn("sound") || alarm.isTuned());
  const tune = () => alarm.tune(show);
  settings.bind(byId("sound"), "sound", "no", async (value) => {
    show();
    if (value !== "yes") return;
    await tune();
    alarm.ring("normal");
  });
  if (isOn("sound")) tune();
  show();
  const touched = () => isOn("sound") && !alarm.isTuned() && tune();
  for (const kind of ["pointerup", "keydown"]) addEventListener(kind, touched, { capture: true });
}

function bindNotify(announce) {
  const show = () => (byId("notify").checked = isOn("notify") && alarm.canNotify());
  settings.bind(byId("notify"), "notify", "no", async (value) => {
    if (value !== "yes" || (await alarm.mayNotify())) return;
    settings.set("notify", "no");
    show();
    announce("The browser does not allow notifications of this page.");
  });
  show();
  // The browser's leave can be taken back at any time.
  document.querySelector(".settings").addEventListener("toggle", show);
}
